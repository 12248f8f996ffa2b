import { plain } from "./format";

export type Labels = Record<string, string>;
export interface DiffRow {
  key: string;
  label: string;
  before: string;
  after: string;
  kind: "same" | "changed" | "added" | "removed";
}

function canonical(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${key}:${canonical(one)}`).join(",")}}`;
}

/** Compare two records field by field; labelled fields come first in the order of `labels`. */
export function diffRows(
  before: Record<string, unknown>, after: Record<string, unknown>, labels: Labels,
): DiffRow[] {
  const known = Object.keys(labels);
  const other = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !(key in labels));
  return [...known.filter((key) => key in before || key in after), ...other].map((key) => {
    const old = canonical(before[key]);
    const now = canonical(after[key]);
    const kind = old === now ? "same" : old === "" ? "added" : now === "" ? "removed" : "changed";
    return { key, label: labels[key] ?? key, before: plain(before[key]), after: plain(after[key]), kind };
  });
}
