/** Days and times of Beijing, as the API takes them. */

export function today(now = Date.now()): string {
  return new Date(now + 8 * 3600_000).toISOString().slice(0, 10);
}

export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** The instant at which a Beijing day begins, and the one at which it has ended. */
export const dayStart = (date: string): string => `${date}T00:00:00+08:00`;
export const dayEnd = (date: string): string => dayStart(daysBefore(date, -1));
/** A day that is meant to be included: valid until then. */
export const lastSecond = (date: string): string => `${date}T23:59:59+08:00`;

/** What a picker holds, whatever the desktop's zone: Beijing time without a zone, "2026-11-21 11:04:05". */
export const toPicker = (instant: string | number): string =>
  new Date((typeof instant === "number" ? instant : Date.parse(instant)) + 8 * 3600_000).toISOString().slice(0, 19).replace("T", " ");
/** The instant of what a picker holds, as the API takes it. */
export const fromPicker = (text: string): string => new Date(`${text.replace(" ", "T")}+08:00`).toISOString().replace("Z", "000Z");
