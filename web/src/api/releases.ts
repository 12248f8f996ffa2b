import { api } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export const PURPOSES = ["export", "interface", "push"] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface Release {
  id: string;
  entry_id: string;
  code: string;
  name: string;
  purpose: Purpose;
  level: number;
  receiver: string;
  basis: string;
  approval_id: string;
  approved_at: string;
  valid_until: string;
  revoked_at: string | null;
  revoked_by: string | null;
  revoke_reason: string | null;
}
export interface ReleaseIn {
  entry_id: string;
  purpose: Purpose;
  receiver: string;
  basis: string;
  valid_until: string;
}
/** What stays of a withdrawn node. */
export interface Tombstone {
  node_id: string;
  node_kind: Kind;
  code: string;
  name: string;
  department_id: string;
  version: number;
  reason: string;
  withdrawn_at: string;
}

export const releases = {
  list: (params: ListParams) => api.get<Page<Release>>("/catalog/releases", params),
  request: (body: ReleaseIn) => api.post<{ approval_id: string; state: string }>("/catalog/releases", body),
  revoke: (id: string, reason: string) => api.post<Release>(`/catalog/releases/${id}/revoke`, { reason }),
};
export const tombstones = {
  list: (params: ListParams) => api.get<Page<Tombstone>>("/catalog/tombstones", params),
};
