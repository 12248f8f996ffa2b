import { api } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export type EndKind = Kind | "data_item" | "db_column";
export const LINK_KINDS = ["duty_data", "data_system", "system_table", "item_column", "data_data", "duty_duty"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export interface End {
  kind: EndKind;
  id: string;
  code: string;
  name: string;
  node_kind: Kind;
  node_id: string;
  node_code: string;
  node_name: string;
  status: string;
  department_id: string;
  department: string;
}
export interface Link {
  id: string;
  kind: LinkKind;
  kind_zh: string;
  relation: string;
  relation_zh: string;
  first: End;
  second: End;
  state: "draft" | "valid";
  version: number;
  entry_hash: string | null;
  created_at: string;
  pending: string | null;
}
export interface LinkChange {
  id: string;
  kind: LinkKind;
  kind_zh: string;
  action: "add" | "remove";
  relation: string;
  relation_zh: string;
  first: End | null;
  second: End | null;
  department_id: string;
  batch_id: string | null;
  submitted_name: string;
  submitted_at: string;
  decision: string | null;
  decided_name: string | null;
  decided_at: string | null;
  reason: string | null;
}
export interface LinkList extends Page<Link> {
  counts: Record<string, number>;
  pending: LinkChange[];
}
export interface LinkIn {
  kind: LinkKind;
  from_id: string;
  to_id: string;
  relation?: string;
}
export interface Outcome extends LinkIn {
  link_id: string | null;
  state: "draft" | "pending" | "valid" | "held";
}
export interface Proposal {
  item: End;
  column: End;
  score: number;
  reasons: string[];
}

export const links = {
  of: (kind: EndKind, id: string, params: ListParams = {}) =>
    api.get<LinkList>("/catalog/links", { node_kind: kind, node_id: id, size: "200", ...params }),
  add: (given: LinkIn[]) => api.post<Outcome[]>("/catalog/links", { links: given }),
  remove: (given: LinkIn[]) => api.post<Outcome[]>("/catalog/links/remove", { links: given }),
  proposals: (entryId: string, tableId?: string) => api.get<Proposal[]>("/catalog/links/proposals", { entry_id: entryId, table_id: tableId }),
  changes: (params: ListParams) => api.get<Page<LinkChange>>("/catalog/links/changes", params),
  decide: (ids: string[], decision: "approve" | "return", reason: string) =>
    api.post<{ count: number; effective: number }>("/catalog/links/changes/decide", { ids, decision, reason }),
  recall: (ids: string[]) => api.post<{ count: number }>("/catalog/links/changes/recall", { ids }),
};
