import { LISTED } from "@/lib/catalogFields";
import { dateTime, plain } from "@/lib/format";

const INSTANTS = new Set(["data_updated_at", "last_update_at"]);

/** One field as a person reads it: labels for tokens, 是/否 for flags, Beijing time for instants. */
export function fieldText(
  key: string, value: unknown, label: (list: string, token: unknown) => string, t: (key: string) => string,
): string {
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (INSTANTS.has(key)) return dateTime(value as string | null);
  const list = LISTED[key];
  return list ? label(list, value) : plain(value);
}
