import { ApiError } from "@/api/errors";
import { bilingual, i18n } from "@/i18n";

export interface Placed {
  fields: Record<string, string>;
  cells: { row: number; column: string; text: string }[];
}
interface Problem {
  field: string;
  row?: number | null;
  zh: string;
  en: string;
}

/**
 * Where each complaint of the server belongs: under a field, or in a cell of the grid.
 * Rules name their field (`params.problems`), missing fields are listed in `params.fields_en`, wire errors have a path.
 */
export function problemsOf(error: unknown, keys: string[]): Placed {
  const placed: Placed = { fields: {}, cells: [] };
  if (!(error instanceof ApiError)) return placed;
  const put = (field: string, row: number | null, text: string): void => {
    if (row !== null) placed.cells.push({ row, column: field, text });
    else if (keys.includes(field) && !(field in placed.fields)) placed.fields[field] = text;
  };
  const params = error.problem.params ?? {};
  for (const one of (params.problems as Problem[] | undefined) ?? []) put(one.field, one.row ?? null, bilingual(one));
  if (error.code === "catalog.node.incomplete") {
    for (const field of String(params.fields_en ?? "").split(/,\s*/)) put(field, null, i18n.global.t("common.required"));
  }
  for (const one of error.problem.fields ?? []) {
    const parts = one.field.split(".").filter((part) => part !== "body");
    const cell = /^(items|columns)$/.test(parts[0] ?? "") && /^\d+$/.test(parts[1] ?? "");
    if (cell) put(parts[2] ?? "name", Number(parts[1]), one.message);
    else put(parts[0] ?? "", null, one.message);
  }
  return placed;
}
