import { api, fetchFile, newKey } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export type Form = "native" | "id18" | "phone11";
export const KINDS = ["id_number", "phone", "text"] as const;
export const MASKS = ["id_number", "phone", "name", "address", "bank_card", "hmt_permit", "passport", "document", "all"] as const;

export interface IdentifierField {
  number: number;
  department_id: string;
  department: string;
  name: string;
  kind: (typeof KINDS)[number];
  mask: string;
  forms: Form[];
  issued: number;
  created_at: string;
}

export interface Batch {
  id: string;
  department: string;
  field: string;
  form: Form;
  filename: string;
  state: "queued" | "running" | "done" | "failed";
  state_zh: string;
  total: number;
  done: number;
  percent: number;
  created: number;
  refused: number;
  owner: string;
  mine: boolean;
  created_at: string;
  expires_at: string;
  expired: boolean;
  job_id: string | null;
}

export interface FieldInput {
  department_id: string | null;
  name: string;
  kind: string;
  mask: string | null;
}

export interface Issued {
  identifier: string | null;
  created: boolean;
  reason: string | null;
  reason_zh: string | null;
}

export interface IssueInput {
  department_id: string;
  field: string;
  form: Form;
}

export const identifiers = {
  fields: (params: ListParams) => api.get<Page<IdentifierField>>("/crypto/identifiers/fields", params),
  declare: (body: FieldInput) => api.post<IdentifierField>("/crypto/identifiers/fields", body),
  issue: (input: IssueInput, values: string[]) =>
    api.post<{ items: Issued[] }>("/crypto/identifiers/issue", { ...input, values }),
  batches: (params: ListParams) => api.get<Page<Batch>>("/crypto/identifiers/batches", params),
  /** The raw bytes are the body; the key makes a repeated upload of one form a single batch. */
  submit: (input: IssueInput, file: File, column: string, header: boolean, key = newKey()) =>
    api.post<Batch>("/crypto/identifiers/batches", new Blob([file], { type: "application/octet-stream" }), {
      query: { ...input, filename: file.name, column, header: String(header), key },
    }),
  file: (one: Batch, kind: "csv" | "xlsx") =>
    fetchFile(`/crypto/identifiers/batches/${one.id}/file`, `${one.filename}.${kind}`, { query: { kind } }),
};

export type Direction = "value" | "identifier";

export interface LookInput {
  department_id: string | null;
  field: string;
  direction: Direction;
  form: Form;
  items: string[];
  clear: boolean;
  reason: string;
  ticket: string;
  approval_id: string | null;
}

export interface LookAnswer {
  items: { status: string; value: string | null }[];
  masked: boolean;
  persons_left: number;
}

export interface Look {
  id: string;
  at: string;
  door: "system" | "manual" | "cli";
  door_zh: string;
  direction: Direction;
  department: string;
  field: string;
  actor: string;
  operator: string;
  business: string;
  purpose: string;
  reference: string;
  clear: boolean;
  asked: number;
  found: number;
  unknown: number;
  refused: string | null;
  alarm: string | null;
  alarm_zh: string | null;
  digest: string;
}

/** `more`: there are older look-ups than these. */
export interface Seen {
  known: boolean;
  looks: Look[];
  more: boolean;
}

export interface LookGrant {
  id: string;
  department: string;
  app: string | null;
  grantee: string | null;
  business: string;
  purpose_code: string;
  fields: Record<string, boolean>;
  directions: Direction[];
  persons_day: number;
  per_minute: number;
  state: string;
  state_zh: string;
  expires_at: string;
  created_by: string;
  created_at: string;
}

export interface LookGrantInput {
  department_id: string | null;
  app_id: string | null;
  grantee_id: string | null;
  business: string;
  purpose_code: string;
  fields: Record<string, boolean>;
  directions: Direction[];
  persons_day: number;
  per_minute: number;
  expires_at: string;
}

/** An application that a grant may name; `more` of the list: others match too. */
export interface AppChoice {
  id: string;
  name: string;
  department_id: string;
  department: string;
  system_name: string | null;
}

export const lookups = {
  run: (body: LookInput) => api.post<LookAnswer>("/crypto/lookups/manual", body),
  request: (body: LookInput) => api.post<{ approval_id: string; state: string }>("/crypto/lookups/manual/requests", body),
  log: (params: ListParams) => api.get<Page<Look>>("/crypto/lookups/log", params),
  who: (value: string, reason: string) => api.post<Seen>("/crypto/lookups/who", { value, reason }),
  grants: (params: ListParams) => api.get<Page<LookGrant>>("/crypto/lookups/grants", params),
  apps: (q: string) => api.get<{ items: AppChoice[]; more: boolean }>("/crypto/lookups/apps", { q }),
  grant: (body: LookGrantInput) => api.post<LookGrant>("/crypto/lookups/grants", body),
  revoke: (id: string, reason: string) => api.post<LookGrant>(`/crypto/lookups/grants/${id}/revocation`, { reason }),
};
