import { api } from "./client";
import type { Environment, Json } from "./contracts";
import type { Title } from "./kernel";
import type { Page } from "@/composables/useList";

export interface Right {
  kind: "role" | "owner" | "listed";
  kind_title: Title;
  contract: string;
  environment: Environment;
  address: string;
  detail: string;
}

export interface Rotation {
  id: string;
  purpose: string;
  old_address: string;
  new_address: string;
  reason: string;
  state: string;
  state_title: Title;
  problem: string;
  waiting: (Right & { data: string })[];
  may_undo: boolean;
  created_by: string;
  created_at: string;
  finished_at: string | null;
}

export interface Account {
  purpose: string;
  address: string;
  since: string;
  roles: string[];
  rotation: Rotation | null;
}

export interface Operation {
  id: string;
  environment: Environment;
  board: string;
  contract: string;
  title: string;
  calls: { contract: string; method: string; arguments: Json[]; target: string }[];
  digest: string;
  members: string[];
  threshold: number;
  signatures: { member: string; imported_by: string; imported_at: string }[];
  state: string;
  state_title: Title;
  problem: string;
  deployment_id: string | null;
  not_after: string;
  created_by: string;
  created_at: string;
}

export interface Registry {
  contract: string;
  title: Title;
  address: string | null;
  account: string | null;
  enabled: boolean;
  waiting: number;
  final: number;
  skipped: number;
  missing_roles: number;
}

export interface RegistryRecord {
  id: string;
  contract: string;
  contract_title: Title;
  object_type: string;
  object_id: string;
  state: "waiting" | "final" | "skipped";
  state_title: Title;
  problem: string;
  tx_hash: string | null;
  block_number: number | null;
  created_at: string;
}

export interface OperationInput {
  environment: Environment;
  title: string;
  calls: Json;
  days: number;
}

const registry = (contract: string): string => `/chain/registries/${encodeURIComponent(contract)}`;
export const chainAccounts = {
  list: () => api.get<{ items: Account[] }>("/chain/accounts"),
  rights: (purpose: string) => api.get<{ items: Right[] }>("/chain/accounts/rights", { purpose }),
  rotations: () => api.get<Page<Rotation>>("/chain/accounts/rotations", { size: "20" }),
  rotate: (purpose: string, reason: string) => api.post<Rotation>("/chain/accounts/rotations", { purpose, reason }),
  undo: (id: string) => api.post<Rotation>(`/chain/accounts/rotations/${id}/undo`),
  operations: () => api.get<Page<Operation>>("/chain/operations", { size: "50" }),
  open: (body: OperationInput) => api.post<Operation>("/chain/operations", body),
  document: (id: string) => api.get<Json>(`/chain/operations/${id}/document`),
  sign: (id: string, signatures: Json[]) => api.post<Operation>(`/chain/operations/${id}/signatures`, { signatures }),
  cancel: (id: string) => api.post<Operation>(`/chain/operations/${id}/cancel`),
  registries: () => api.get<{ items: Registry[] }>("/chain/registries"),
  switch: (contract: string, on: boolean) => api.post<{ items: Registry[] }>(`${registry(contract)}/switch`, { on }),
  askRoles: (contract: string) => api.post<Operation>(`${registry(contract)}/roles`),
  records: (params: Record<string, string>) => api.get<Page<RegistryRecord>>("/chain/registries/records", params),
};
