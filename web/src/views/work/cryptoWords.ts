type Counts = Record<string, number>;

/** What approvals of look-ups and replacements bind, in words: yes or no, forms, what each column would become. */
export function cryptoWords(key: string, value: unknown, t: (key: string) => string, te: (key: string) => boolean): string | null {
  const word = (group: string, one: unknown): string => (te(`${group}.${String(one)}`) ? t(`${group}.${String(one)}`) : String(one));
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (key === "direction") return word("lookup.directions", value);
  if (key === "form") return word("identifier.formNames", value);
  if (key === "decision") return value ? word("replacement.decision", value) : "—";
  if (key === "forms" && value && typeof value === "object") {
    return Object.entries(value).map(([field, form]) => `${field}：${word("identifier.formShort", form)}`).join("；") || "—";
  }
  if (key !== "counts" || !Array.isArray(value)) return null;
  return (value as [string, string, Counts][])
    .map(([column, form, counts]) => `${column}（${word("identifier.formShort", form)}）${Object.entries(counts).filter(([, n]) => n > 0).map(([what, n]) => `${word("replacement.counts", what)} ${n}`).join("、")}`)
    .join("；") || "—";
}
