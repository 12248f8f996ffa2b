import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface CryptoOverview {
  sealed: boolean;
  provider: string;
  certified: boolean;
  profile: string;
  sm2_engine: string;
  scopes: number;
  keys_by_state: Record<string, number>;
  overdue_keys: number;
  open_rotations: number;
  fences_missing: string[];
  /** Columns that write nothing until their compromised key is changed. */
  leaked: { department: string; label: string; key_id: number }[];
  warnings: { zh?: string; en?: string; code?: string }[];
}

export interface Scope {
  id: string;
  department_id: string;
  department: string;
  table: string;
  column: string;
  label: string;
  algorithm: string;
  mode: string;
  blind_index: string | null;
  rotate_every_days: number;
  window: Record<string, unknown> | null;
  compromised_key_id: number | null;
  key_id: number | null;
  key_version: number | null;
  key_since: string | null;
  due_at: string | null;
  overdue: boolean;
  rotation_id: string | null;
}

export interface DataKey {
  key_id: number;
  department: string;
  table: string;
  column: string;
  purpose: "enc" | "bi";
  version: number;
  state: string;
  state_zh: string;
  state_en: string;
  kcv: string;
  reserved_uses: number;
  created_at: string;
  activated_at: string | null;
  replaced_at: string | null;
  retired_at: string | null;
  compromised_at: string | null;
  destroyed_at: string | null;
  overdue: boolean;
}

export interface Kek {
  id: string;
  department: string;
  version: number;
  state: string;
  state_zh: string;
  state_en: string;
  provider: string;
  kcv: string;
  keys: number;
  created_at: string;
  retired_at: string | null;
  destroying_at: string | null;
  destroyed_at: string | null;
  copies_left: number;
  certificate: Record<string, unknown> | null;
}

/** A backup, dump or other copy outside the installation. */
export interface KeyCopy {
  id: string;
  kind: string;
  kind_zh: string;
  kind_en: string;
  location: string;
  made_at: string;
  key_store: boolean;
  expires_at: string | null;
  deleted_at: string | null;
  gone_at: string | null;
  note: string;
  created_by: string;
}

export interface KeyProcess {
  process: string;
  pid: number;
  open: boolean;
  method: string;
  given: number[];
  need: number;
  error: string;
  error_zh: string;
  error_en: string;
}

export interface Sealing {
  sealed: boolean;
  next_need: number;
  next_given: number[];
  processes: KeyProcess[];
}

export interface CopyInput {
  kind: string;
  location: string;
  made_at: string;
  expires_at: string | null;
  note: string;
}

export interface ScheduleInput {
  rotate_every_days: number;
  window: { days: string; start: string; end: string } | null;
}

interface Requested {
  approval_id: string;
  state: string;
}

interface Abort {
  reason: string;
  maker: string;
  checker: string;
  at: string;
  state_zh: string;
  state_en: string;
  done: number;
}

export interface Rotation {
  id: string;
  scope_id: string;
  department: string;
  table: string;
  column: string;
  label: string;
  state: string;
  state_zh: string;
  state_en: string;
  reason: string;
  old_key_id: number;
  new_key_id: number | null;
  total: number;
  done: number;
  skipped: number;
  percent: number;
  passes: number;
  unreadable: number[];
  urgent: boolean;
  waits_until: string | null;
  stopped: boolean;
  maker: string;
  checker: string;
  approval_id: string;
  abort: Abort | null;
  certificate: Record<string, unknown> | null;
  created_at: string;
  updated_at: string;
  switched_at: string | null;
  finished_at: string | null;
}

export const crypto = {
  overview: () => api.get<CryptoOverview>("/crypto/overview"),
  scopes: (params: ListParams) => api.get<Page<Scope>>("/crypto/scopes", params),
  keys: (params: ListParams) => api.get<Page<DataKey>>("/crypto/keys", params),
  rotations: (params: ListParams) => api.get<Page<Rotation>>("/crypto/rotations", params),
  rotation: (id: string) => api.get<Rotation>(`/crypto/rotations/${id}`),
  request: (scopeId: string, reason: string, purpose: "enc" | "bi") =>
    api.post<Requested>("/crypto/rotations", { scope_id: scopeId, reason, purpose }),
  abort: (id: string, reason: string) => api.post<Requested>(`/crypto/rotations/${id}/abort`, { reason }),
  processes: () => api.get<Sealing>("/crypto/processes"),
  unseal: (passphrase: string) => api.post<Sealing>("/crypto/unseal", { passphrase }),
  seal: () => api.post<Sealing>("/crypto/seal"),
  keks: (params: ListParams) => api.get<Page<Kek>>("/crypto/keks", params),
  changeKek: (id: string, reason: string) => api.post<Requested>(`/crypto/keks/${id}/change`, { reason }),
  destroyKek: (id: string, reason: string) => api.post<Requested>(`/crypto/keks/${id}/destruction`, { reason }),
  compromise: (keyId: number, reason: string) => api.post<Requested>(`/crypto/keys/${keyId}/compromise`, { reason }),
  schedule: (scopeId: string, body: ScheduleInput) => api.put<Scope>(`/crypto/scopes/${scopeId}/schedule`, body),
  policy: (threshold: number, shares: number, reason: string) =>
    api.post<Requested>("/crypto/unseal-policy", { threshold, shares, reason }),
  handOut: (approvalId: string) =>
    api.post<{ threshold: number; shares: string[] }>(`/crypto/unseal-policy/${approvalId}/shares`),
  copies: (params: ListParams) => api.get<Page<KeyCopy>>("/crypto/copies", params),
  addCopy: (body: CopyInput) => api.post<KeyCopy>("/crypto/copies", body),
  copyDeleted: (id: string, note: string) => api.post<KeyCopy>(`/crypto/copies/${id}/deletion`, { note }),
};
