/** Periods as the API names them, in Beijing's days. */

const BEIJING_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/** 2026-11-22 -> "2026-W47": the ISO week is that of its Thursday. */
export function isoWeek(at: Date): string {
  const day = new Date(at.getTime() + BEIJING_MS);
  const thursday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 4 - (day.getUTCDay() || 7)));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-W${String(Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1).padStart(2, "0")}`;
}

/** 2026-11-22 -> "2026-Q4". */
export function quarterOf(at: Date): string {
  const day = new Date(at.getTime() + BEIJING_MS);
  return `${day.getUTCFullYear()}-Q${Math.floor(day.getUTCMonth() / 3) + 1}`;
}

/** "22:30" -> 1350; anything else is null. */
export function minuteOf(text: string | null): number | null {
  const match = /^(\d{2}):(\d{2})$/.exec(text ?? "");
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** 1350 -> "22:30". */
export function clockOf(minute: number | null): string {
  return minute === null ? "" : `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
