import { api, download, fetchFile } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
const BASE = "/gateway/collection";

export interface ContractColumn {
  name: string;
  title: string;
  type: "text" | "integer" | "decimal" | "boolean" | "date" | "instant";
  required: boolean;
  key: boolean;
  encrypted: boolean;
  mask: string;
  length: number | null;
  pattern: string | null;
  format: "id_number" | "mobile" | "credit_code" | null;
  codes: string[];
  minimum: string | null;
  maximum: string | null;
  item_id: string | null;
}

export interface Lineage {
  column: string;
  source_field: string | null;
  item_id: string | null;
  item_code: string | null;
  item_name: string | null;
}

export interface CollectionTable {
  id: string;
  code: string;
  name: string;
  department_id: string;
  entry_id: string | null;
  entry_code: string | null;
  entry_name: string | null;
  columns: ContractColumn[];
  loaded: boolean;
  task_id: string | null;
  lineage: Lineage[];
}

export interface Login {
  kind: "none" | "basic" | "header" | "token";
  path: string;
  form: "json" | "form";
  body: Record<string, string>;
  token_path: string;
  expires_path: string;
  header: string;
  prefix: string;
}

export interface Upstream {
  id: string;
  code: string;
  name: string;
  department_id: string;
  base_url: string;
  login: Login;
  version: number;
}

export interface Paging {
  style: "none" | "page" | "offset" | "cursor" | "link";
  size: number;
  page_param?: string;
  size_param?: string;
  cursor_param?: string;
  cursor_path?: string;
}

export interface SourceSettings {
  upstream_id?: string;
  path?: string;
  form?: "json" | "xml";
  encoding?: string;
  rows_path?: string;
  total_path?: string;
  paging?: Paging;
  cursor?: { param: string; field: string; type: string } | string | null;
  target_id?: string;
  schema?: string;
  table?: string;
  key?: string;
  sheet?: string;
  header?: number;
}

export type Schedule = { every_minutes: number } | { at: string; days: string };

export interface Plan {
  name: string;
  kind: "http" | "database" | "file";
  source: SourceSettings;
  mapping: Record<string, string>;
  mode: "full" | "cursor";
  bad_limit: number;
  schedule: Schedule | null;
  promise_hours: number | null;
}

export interface Run {
  id: string;
  number: number;
  cause: string;
  mode: string;
  state: string;
  rows: number;
  good: number;
  bad: number;
  total: number | null;
  percent: number | null;
  error: { code: string; zh: string; en: string } | null;
  job_id: string | null;
  started_by: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface CollectionTask extends Plan {
  id: string;
  code: string;
  department_id: string;
  table_id: string;
  table_code: string;
  table_name: string;
  state: "active" | "paused";
  next_at: string | null;
  cursor: string | null;
  last_success_at: string | null;
  freshness: "none" | "never" | "fresh" | "late";
  version: number;
  callback: boolean;
  undoable: boolean;
  open_problems: number;
  last_run: Run | null;
}

export interface Preview {
  fields: string[];
  total: number | null;
  rows: { values: Record<string, string>; reasons: string[] }[];
}

export interface Problem {
  id: string;
  run_id: string;
  number: number;
  reasons: string[];
  state: string;
  values: Record<string, string>;
  changed_by: string | null;
  changed_at: string;
}

export interface ProblemPage extends Page<Problem> {
  counts: { state: string; reason: string; count: number }[];
  titles: Record<string, string>;
}

export interface Database {
  id: string;
  name: string;
  product: string;
  department_id: string;
}

const bytes = (file: File): Blob => new Blob([file], { type: "application/octet-stream" });

export const collection = {
  tasks: (params: ListParams) => api.get<Page<CollectionTask>>(`${BASE}/tasks`, params),
  task: (id: string) => api.read<CollectionTask>(`${BASE}/tasks/${id}`),
  create: (body: Plan & { code: string; table_id: string }) => api.post<CollectionTask>(`${BASE}/tasks`, body),
  change: (id: string, body: Plan, etag: string | null) => api.put<CollectionTask>(`${BASE}/tasks/${id}`, body, { ifMatch: etag }),
  start: (id: string) => api.post<CollectionTask>(`${BASE}/tasks/${id}/start`),
  pause: (id: string) => api.post<CollectionTask>(`${BASE}/tasks/${id}/pause`),
  hook: (id: string) => api.post<{ secret: string }>(`${BASE}/tasks/${id}/hook-secret`),
  preview: (id: string) => api.get<Preview>(`${BASE}/tasks/${id}/preview`),
  run: (id: string) => api.post<Run>(`${BASE}/tasks/${id}/runs`),
  runFile: (id: string, file: File) => api.post<Run>(`${BASE}/tasks/${id}/files`, bytes(file), { query: { name: file.name } }),
  runs: (id: string, params: ListParams) => api.get<Page<Run>>(`${BASE}/tasks/${id}/runs`, params),
  undo: (id: string) => api.post<Run>(`${BASE}/tasks/${id}/undo`),
  cancel: (run: string) => api.post<Run>(`${BASE}/runs/${run}/cancel`),
  resume: (run: string) => api.post<Run>(`${BASE}/runs/${run}/resume`),
  table: (id: string) => api.get<CollectionTable>(`${BASE}/tables/${id}`),
  declare: (body: { code: string; name: string; department_id: string; entry_id: string | null; columns: ContractColumn[] }) => api.post<CollectionTable>(`${BASE}/tables`, body),
  changeColumns: (id: string, columns: ContractColumn[]) => api.patch<CollectionTable>(`${BASE}/tables/${id}`, { columns }, null),
  upstreams: (department: string) => api.get<Page<Upstream>>(`${BASE}/upstreams`, { department_id: department, size: 200 }),
  createUpstream: (body: object) => api.post<Upstream>(`${BASE}/upstreams`, body),
  databases: (department: string) => api.get<{ items: Database[] }>(`${BASE}/databases`, { department_id: department }),
  problems: (id: string, params: ListParams) => api.get<ProblemPage>(`${BASE}/tasks/${id}/problems`, params),
  reveal: (id: string, ids: string[], reason: string) => api.post<{ items: Problem[] }>(`${BASE}/tasks/${id}/problems/reveal`, { ids, reason }),
  correct: (id: string, items: { id: string; values: Record<string, string> }[]) => api.post<{ items: { id: string; reasons: string[] }[] }>(`${BASE}/tasks/${id}/problems/correct`, { items }),
  drop: (id: string, ids: string[], reason: string) => api.post<{ dropped: number }>(`${BASE}/tasks/${id}/problems/drop`, { ids, reason }),
  problemFile: (id: string) => download(`${BASE}/tasks/${id}/problems/file`, "问题数据.xlsx"),
  clearFile: (id: string, reason: string) => fetchFile(`${BASE}/tasks/${id}/problems/clear-file`, "问题数据.xlsx", { body: { reason } }),
  correctFile: (id: string, file: File) => api.post<{ stored: number; refused: number }>(`${BASE}/tasks/${id}/problems/file`, bytes(file), { query: { name: file.name } }),
};
