/** What the editor of a task holds, and the form in which the API takes it. */
import type { CollectionTask, ContractColumn, Plan, Schedule, SourceSettings } from "@/api/collection";

export interface ColumnRow extends Omit<ContractColumn, "codes"> {
  codes: string;
  source: string;
}

export interface PlanForm {
  name: string;
  kind: Plan["kind"];
  mode: Plan["mode"];
  source: SourceSettings;
  cursorField: string;
  cursorParam: string;
  cursorType: string;
  badLimit: number;
  every: "none" | "every" | "at";
  minutes: number;
  at: string;
  days: string;
  promise: number | undefined;
}

export const newColumn = (): ColumnRow => ({
  name: "", title: "", type: "text", required: false, key: false, encrypted: false, mask: "all", length: null, pattern: null,
  format: null, codes: "", minimum: null, maximum: null, item_id: null, source: "",
});

export function rowsOf(columns: ContractColumn[], mapping: Record<string, string>): ColumnRow[] {
  return columns.map((one) => ({ ...one, codes: one.codes.join(","), source: mapping[one.name] ?? "" }));
}

export function columnsOf(rows: ColumnRow[]): ContractColumn[] {
  return rows.map(({ source: _source, codes, ...one }) => ({
    ...one,
    name: one.name.trim(),
    pattern: one.pattern || null,
    format: one.format || null,
    minimum: one.minimum || null,
    maximum: one.maximum || null,
    item_id: one.item_id || null,
    codes: codes.split(/[,，]/).map((code) => code.trim()).filter(Boolean),
  }));
}

export function mappingOf(rows: ColumnRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.source.trim()).map((row) => [row.name.trim(), row.source.trim()]));
}

export const newSource = (kind: Plan["kind"]): SourceSettings =>
  kind === "http" ? { path: "", form: "json", encoding: "auto", rows_path: "", total_path: "", paging: { style: "page", size: 500 } }
    : kind === "database" ? { schema: "", table: "", key: "" } : { sheet: "", header: 1 };

export function formOf(task: CollectionTask | null): PlanForm {
  const source = task ? { ...task.source } : newSource("http");
  const cursor = source.cursor;
  const named = typeof cursor === "object" && cursor ? cursor : null;
  const schedule = task?.schedule ?? null;
  const every = schedule && "every_minutes" in schedule ? schedule.every_minutes : null;
  const daily = schedule && "at" in schedule ? schedule : null;
  return {
    name: task?.name ?? "", kind: task?.kind ?? "http", mode: task?.mode ?? "full", source,
    cursorField: named?.field ?? (typeof cursor === "string" ? cursor : ""), cursorParam: named?.param ?? "", cursorType: named?.type ?? "text",
    badLimit: task?.bad_limit ?? 20, every: every ? "every" : daily ? "at" : "none", minutes: every ?? 60, at: daily?.at ?? "02:00", days: daily?.days ?? "all",
    promise: task?.promise_hours ?? undefined,
  };
}

function scheduleOf(form: PlanForm): Schedule | null {
  if (form.every === "none" || form.kind === "file") return null;
  return form.every === "every" ? { every_minutes: form.minutes } : { at: form.at, days: form.days };
}

export function planOf(form: PlanForm, rows: ColumnRow[]): Plan {
  const { cursor: _cursor, ...source } = form.source;
  const field = form.cursorField.trim();
  const cursor = form.mode !== "cursor" ? {} : { cursor: form.kind === "database" ? field : { param: form.cursorParam.trim() || field, field, type: form.cursorType } };
  return {
    name: form.name.trim(), kind: form.kind, source: { ...source, ...cursor }, mapping: mappingOf(rows), mode: form.kind === "file" ? "full" : form.mode,
    bad_limit: form.badLimit, schedule: scheduleOf(form), promise_hours: form.promise ?? null,
  };
}

/** 手机号码：不符合格式, of "phone:pattern". */
export function reasonText(reason: string, titles: Record<string, string>, t: (key: string) => string): string {
  const [column, rule] = reason.split(":") as [string, string];
  const title = titles[column];
  return title ? `${title}：${t(`collect.rules.${rule}`)}` : t(`collect.rules.${rule}`);
}
