const MOST = 5_000_000;

/** A daily quota as a text that somebody typed: 1 to 5,000,000, thousands marks allowed; null otherwise. */
export function quotaOf(text: string): number | null {
  const plain = text.trim().replace(/[,，\s]/g, "");
  if (!/^\d{1,7}$/.test(plain)) return null;
  const value = Number(plain);
  return value >= 1 && value <= MOST ? value : null;
}
