import { api, download } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export const TRANSFER_STATES = ["giver_review", "receiver_review", "done", "rejected", "withdrawn", "expired"] as const;
export const FORMATS = ["docx", "xlsx", "pdf"] as const;

/** For tables of these rows: their `children` is a number, not rows below them. */
export const FLAT = { children: "below" };

export interface Selection {
  from_department_id: string;
  to_department_id: string;
  nodes: Partial<Record<Kind, string[]>>;
  /** Levels of which everything goes; tables go with their systems anyway. */
  everything: Kind[];
  /** What of them stays. */
  leave_out: string[];
}
export interface TransferPreview {
  from_name: string;
  to_name: string;
  counts: Record<string, number>;
  total: number;
  nodes: { kind: Kind; id: string; code: string; name: string; status: string; version: number; children: number }[];
  tables_added: number;
  blocked: { kind: Kind; node_id: string; code: string; name: string; reason_zh: string; reason_en: string; system_id: string | null; system: string | null }[];
  blocked_total: number;
  crossing: Record<string, number>;
  demands: number;
  dependents: Record<string, number>;
  offices: number;
}
/** One side's consent; `digest` names exactly what it is about. */
export interface Side {
  approval_id: string;
  digest: string;
  state: string;
  by: string | null;
  at: string | null;
  opinion: string;
  expires_at: string;
}
export interface Transfer {
  id: string;
  number: string;
  state: (typeof TRANSFER_STATES)[number];
  state_zh: string;
  from_department_id: string;
  to_department_id: string;
  from_name: string;
  to_name: string;
  reason: string;
  basis: string;
  nodes_count: number;
  reverses_id: string | null;
  created_name: string;
  created_at: string;
  closed_at: string | null;
  closed_reason: string | null;
  giver: Side;
  receiver: Side | null;
  actions: ("decide" | "withdraw" | "reverse")[];
}
export interface TransferNode {
  node_kind: Kind;
  node_id: string;
  code: string;
  name: string;
  status: string;
  version: number;
  moved_version: number | null;
  children: number;
}

const at = (id: string): string => `/catalog/transfers/${id}`;
export const transfers = {
  preview: (chosen: Selection) => api.post<TransferPreview>("/catalog/transfers/preview", chosen),
  propose: (chosen: Selection, reason: string, basis: string) => api.post<Transfer>("/catalog/transfers", { ...chosen, reason, basis }),
  list: (params: ListParams) => api.get<Page<Transfer>>("/catalog/transfers", params),
  get: (id: string) => api.get<Transfer>(at(id)),
  nodes: (id: string, page: number) => api.get<Page<TransferNode>>(`${at(id)}/nodes`, { page, size: 100 }),
  /** The side that waits decides what it saw. */
  decide: (one: Transfer, approve: boolean, opinion: string) =>
    api.post<Transfer>(`${at(one.id)}/decision`, { approve, opinion, digest: (one.receiver ?? one.giver).digest }),
  withdraw: (id: string, reason: string) => api.post<Transfer>(`${at(id)}/withdrawal`, { reason }),
  /** Gives back what nobody changed since; `left` are the codes that stay. */
  reverse: (id: string) => api.post<{ transfer: Transfer; left: string[] }>(`${at(id)}/reverse`),
  document: (one: Transfer, format: (typeof FORMATS)[number]) =>
    download(`${at(one.id)}/document`, `${one.number}.${format}`, { format }),
};
