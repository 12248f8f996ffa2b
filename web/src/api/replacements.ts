import { api, fetchFile } from "./client";
import type { Form } from "./identifiers";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
type Words = { zh: string; en: string };

export interface Target {
  id: string;
  department_id: string;
  department: string;
  name: string;
  product: string;
  product_label: string;
  host: string;
  port: number;
  database: string;
  username: string;
  tls: string;
  created_by: string;
  created_at: string;
}

export interface TargetInput {
  department_id: string | null;
  name: string;
  product: string;
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
  tls: "off" | "require" | "verify";
  authority: string;
}

export interface TargetColumn {
  table: string;
  column: string;
  type: string;
}

/** `key` and its type are named for offline jobs only: there nobody can look. */
export interface JobColumn {
  table: string;
  column: string;
  field: string;
}
export interface OfflineColumn extends JobColumn {
  key: string;
  key_type: "int" | "text";
}

export interface Assessed {
  column: string;
  field: string;
  form: Form;
  advice: string;
  facts: { type: string; width: number | null; rows: number; key: string };
  counts: Record<"replace" | "empty" | "lookalike" | "exception" | "merged" | "known_identifiers", number>;
  obstacles: Words[];
  warnings: Words[];
  refusal: string;
}

export interface Checked {
  version: string;
  at: string;
  unknowable: Words;
  columns: Assessed[];
}

export interface Replacement {
  id: string;
  department_id: string;
  department: string;
  target: string;
  offline: boolean;
  title: string;
  state: string;
  state_zh: string;
  state_en: string;
  columns: Record<string, string>[];
  forms: Record<string, string>;
  decision: string | null;
  checked: Record<string, unknown> | null;
  evidence: Record<string, unknown> | null;
  job_id: string | null;
  percent: number;
  done: number;
  total: number;
  job_state: string | null;
  job_error: Record<string, unknown> | null;
  pending: boolean;
  created_by: string;
  created_at: string;
  finished_at: string | null;
}

export interface Finding {
  number: number;
  phase: string;
  column: string;
  key: string;
  reason: string;
  reason_zh: string;
  shown: string;
}

interface Requested {
  approval_id: string;
  state: string;
}

const at = (id: string, rest = ""): string => `/crypto/replacements/${id}${rest}`;

export const replacements = {
  targets: (params: ListParams) => api.get<Page<Target> & { products: Record<string, string> }>("/crypto/targets", params),
  addTarget: (body: TargetInput) => api.post<Target>("/crypto/targets", body),
  removeTarget: (id: string) => api.delete<null>(`/crypto/targets/${id}`),
  columns: (id: string) => api.get<{ items: TargetColumn[] }>(`/crypto/targets/${id}/columns`),
  list: (params: ListParams) => api.get<Page<Replacement>>("/crypto/replacements", params),
  get: (id: string) => api.get<Replacement>(at(id)),
  create: (target_id: string, title: string, columns: JobColumn[]) =>
    api.post<Replacement>("/crypto/replacements", { target_id, title, columns }),
  createOffline: (department_id: string, title: string, columns: OfflineColumn[], forms: Record<string, Form>) =>
    api.post<Replacement>("/crypto/replacements/offline", { department_id, title, columns, forms }),
  findings: (id: string, params: ListParams) => api.get<Page<Finding>>(at(id, "/findings"), params),
  check: (id: string, forms: Record<string, string> | null) => api.post<Replacement>(at(id, "/check"), { forms }),
  decide: (id: string, lookalikes: string) => api.post<Replacement>(at(id, "/decision"), { lookalikes }),
  run: (id: string, reason: string) => api.post<Requested>(at(id, "/run"), { reason }),
  resume: (id: string) => api.post<Replacement>(at(id, "/resume")),
  undo: (id: string, reason: string) => api.post<Requested>(at(id, "/undo"), { reason }),
  drop: (id: string) => api.post<Replacement>(at(id, "/drop")),
  discard: (id: string) => api.post<Replacement>(at(id, "/discard")),
  code: (id: string) => api.post<{ code: string }>(at(id, "/package/code")),
  jobFile: (id: string) => fetchFile(at(id, "/package/job"), "job.mlj"),
  answers: (id: string) => fetchFile(at(id, "/package/answers"), "answers.mla"),
  values: (id: string, file: File) => {
    const body = new FormData();
    body.append("file", file);
    return api.post<Replacement>(at(id, "/package/values"), body);
  },
  undoKey: (id: string, request: unknown) => fetchFile(at(id, "/package/undo-key"), "undo.mlk", { body: request }),
};
/** The DBA's tool is the same for every job, so it is an ordinary download. */
export const TOOL = "/crypto/replacements/package/tool";
