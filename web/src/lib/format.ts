/** Formatting of values for people. Instants arrive as RFC 3339 UTC and are shown in Beijing time. */

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

function beijing(instant: string | null | undefined): Date | null {
  if (!instant) return null;
  const parsed = Date.parse(instant);
  return Number.isNaN(parsed) ? null : new Date(parsed + BEIJING_OFFSET_MS);
}

/** "2026-11-21T03:04:05.000006Z" -> "2026-11-21 11:04:05"; empty or unreadable -> "—". */
export function dateTime(instant: string | null | undefined, withSeconds = true): string {
  const at = beijing(instant);
  if (at === null) return "—";
  const day = `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
  const minute = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
  return withSeconds ? `${day} ${minute}:${pad(at.getUTCSeconds())}` : `${day} ${minute}`;
}

/** When something must be done: the end of a day is shown as that day, not as midnight of the next. */
export function deadline(instant: string | null | undefined): string {
  const text = dateTime(instant);
  return instant && text.endsWith(" 00:00:00") ? dateTime(new Date(Date.parse(instant) - 1000).toISOString()).slice(0, 10) : text.replace(/:\d\d$/, "");
}

/** The Beijing calendar day of an instant; a plain date passes through unchanged. */
export function day(value: string | null | undefined): string {
  if (!value) return "—";
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  return dateTime(value).slice(0, 10);
}

/** 1234567 -> "1,234,567"; null -> "—". */
export function count(value: number | string | null | undefined): string {
  if (value === null || value === undefined || value === "") return "—";
  const text = String(value);
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!match) return text;
  return `${match[1]}${match[2]!.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}${match[3] ?? ""}`;
}

/** Share of a whole with one decimal; an empty whole has no share and shows "—". */
export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)}%` : "—";
}

/** Bytes in binary units: 1536 -> "1.5 KiB". */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = value;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${amount} B` : `${amount.toFixed(1)} ${units[unit]}`;
}

/** Seconds as "42 s", "3 min 05 s" or "2 h 10 min": units are the same in both languages. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "—";
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${pad(total % 60)} s`;
  return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))} min`;
}

/** A digest, hash or address shortened in the middle; the full text stays available for copying. */
export function shortHash(value: string | null | undefined, head = 10, tail = 6): string {
  if (!value) return "—";
  return value.length <= head + tail + 1 ? value : `${value.slice(0, head)}…${value.slice(-tail)}`;
}

/** Any JSON value as one line a person can compare. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "—";
  if (Array.isArray(value) && value.length === 0) return "—";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join("、");
  return JSON.stringify(value);
}
