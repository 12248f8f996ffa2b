import type { FieldDiff } from "@/api/catalog";
import { fieldText } from "./fieldText";

type Label = (list: string, token: unknown) => string;
type Words = (key: string) => string;

interface Sides {
  before: Record<string, string>;
  after: Record<string, string>;
  labels: Record<string, string>;
}

/** Two columns of readable text from the fields that differ. */
export function sides(found: FieldDiff[], label: Label, t: Words, te: (key: string) => boolean): Sides {
  const both: Sides = { before: {}, after: {}, labels: {} };
  for (const one of found) {
    both.before[one.field] = shown(one.field, one.before, label, t);
    both.after[one.field] = shown(one.field, one.after, label, t);
    both.labels[one.field] = te(`catalog.field.${one.field}`) ? t(`catalog.field.${one.field}`) : one.label;
  }
  return both;
}

function shown(field: string, value: unknown, label: Label, t: Words): string {
  const text = fieldText(field, value, label, t);
  return text === "—" ? "" : text;
}

/** What a drafted change proposes, as fields that differ from the published state. */
export function proposed(entry: Record<string, unknown>, change: Record<string, unknown>): FieldDiff[] {
  return Object.entries(change)
    .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(entry[field] ?? null))
    .map(([field, after]) => ({ field, label: field, before: entry[field], after }));
}
