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
  rotate_every_days: number;
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
  maker: string;
  checker: string;
  approval_id: string;
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
  request: (scopeId: string, reason: string) =>
    api.post<{ approval_id: string; state: string }>("/crypto/rotations", { scope_id: scopeId, reason }),
  unseal: (passphrase: string) => api.post<{ sealed: boolean }>("/crypto/unseal", { passphrase }),
  seal: () => api.post<{ sealed: boolean }>("/crypto/seal"),
};
