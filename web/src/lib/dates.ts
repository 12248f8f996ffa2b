/** Calendar days of Beijing, as the API takes them. */

export function today(now = Date.now()): string {
  return new Date(now + 8 * 3600_000).toISOString().slice(0, 10);
}

export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** The instant at which a Beijing day begins, and the one at which it has ended. */
export const dayStart = (date: string): string => `${date}T00:00:00+08:00`;
/** A day that is meant to be included: valid until then. */
export const lastSecond = (date: string): string => `${date}T23:59:59+08:00`;
export const dayEnd = (date: string): string => dayStart(daysBefore(date, -1));
