import { api, download } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Batch {
  id: string;
  profile: string;
  filename: string;
  size: number;
  sm3: string;
  state: "uploaded" | "checked" | "applied" | "undone" | "failed";
  counts: {
    rows?: number;
    actions?: Record<string, number>;
    kinds?: Record<string, number>;
    clashes?: number;
    merged?: boolean;
    findings?: Record<string, number>;
    [key: string]: unknown;
  };
  failure: { code?: string; detail?: string } | null;
  created_name: string;
  created_at: string;
  applied_at: string | null;
  undone_at: string | null;
  job_id: string | null;
  /** A check or an import is at work in the background. */
  running: boolean;
}

/** The last correction of a cell, kept beside the uploaded file; `value` null: taken back. */
export interface Cell {
  sheet: string;
  row_no: number;
  column: string;
  header: string | null;
  original: string;
  value: string | null;
  created_name: string;
  created_at: string;
  checked: boolean;
}
type Place = Pick<Cell, "sheet" | "row_no" | "column">;

export interface Finding {
  seq: number;
  sheet: string;
  row_no: number | null;
  column: string | null;
  header: string | null;
  value: string;
  severity: "error" | "row_error" | "warning";
  code: string;
  zh: string;
  en: string;
  fix_zh: string;
  fix_en: string;
  corrected: Cell | null;
  /** What the cell may say, the likeliest first; empty: any text. */
  choices: string[];
}

/** What a row of the workbook would do, cell by cell. */
export interface RowChange {
  seq: number;
  sheet: string;
  row_no: number;
  kind: string;
  action: "create" | "update";
  node_id: string | null;
  code: string | null;
  name: string;
  cells: { field: string; label: string; old: unknown; new: unknown }[];
}

/** A cell that others changed since the workbook was exported, and the workbook too. */
export interface CellClash {
  seq: number;
  sheet: string;
  row_no: number;
  node_id: string;
  code: string;
  name: string;
  field: string;
  label: string;
  base: unknown;
  current: unknown;
  mine: unknown;
  choice: "current" | "mine" | null;
  chosen_at: string | null;
}

export interface Export {
  id: string;
  format: string;
  kind: string | null;
  template: boolean;
  filename: string;
  state: "queued" | "made" | "failed";
  rows: number | null;
  held_back: number | null;
  size: number | null;
  created_name: string;
  created_at: string;
  job_id: string | null;
}

export interface Undone {
  removed: number;
  restored: number;
  left: string[];
}

export interface Profile {
  key: string;
  zh: string;
  en: string;
}

export const imports = {
  profiles: () => api.get<Profile[]>("/catalog/imports/profiles"),
  list: (params: ListParams) => api.get<Page<Batch>>("/catalog/imports", params),
  get: (id: string) => api.get<Batch>(`/catalog/imports/${id}`),
  /** `numbers` names the numbering of a workbook that writes bare numbers. */
  upload: (file: File, profile: string, numbers: string) => {
    const body = new FormData();
    body.append("file", file);
    body.append("profile", profile);
    if (numbers) body.append("numbers", numbers);
    return api.post<Batch>("/catalog/imports", body);
  },
  findings: (id: string, params: ListParams) => api.get<Page<Finding>>(`/catalog/imports/${id}/findings`, params),
  cells: (id: string) => api.get<{ items: Cell[]; total: number; unchecked: number }>(`/catalog/imports/${id}/cells`),
  correct: (id: string, cell: Place & { value: string }) => api.put<Cell>(`/catalog/imports/${id}/cells`, cell),
  takeBack: (id: string, place: Place) => api.delete(`/catalog/imports/${id}/cells`, { query: { ...place } }),
  check: (id: string) => api.post<Batch>(`/catalog/imports/${id}/check`),
  apply: (id: string, acceptPartial: boolean) =>
    api.post<Batch>(`/catalog/imports/${id}/apply`, { accept_partial: acceptPartial }),
  undo: (id: string) => api.post<Undone>(`/catalog/imports/${id}/undo`),
  changes: (id: string, params: ListParams) => api.get<Page<RowChange>>(`/catalog/imports/${id}/changes`, params),
  clashes: (id: string, params: ListParams) => api.get<Page<CellClash>>(`/catalog/imports/${id}/clashes`, params),
  settle: (id: string, choice: "current" | "mine", seqs: number[] | null) =>
    api.post<{ decided: number; left: number }>(`/catalog/imports/${id}/clashes`, seqs ? { choice, seqs } : { choice }),
  makeExport: (body: Record<string, unknown>) => api.post<Export>("/catalog/exports", body),
  exports: (params: ListParams) => api.get<Page<Export>>("/catalog/exports", params),
  saveExport: (one: Export) => download(`/catalog/exports/${one.id}/file`, one.filename),
  template: (empty: boolean) => download("/catalog/template", "template.xlsx", { empty }),
  exported: () => download("/catalog/export", "catalog.xlsx"),
  marked: (id: string) => download(`/catalog/imports/${id}/marked`, "findings.xlsx"),
};
