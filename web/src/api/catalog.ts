import { api, download } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export const KINDS = ["duty", "data_entry", "system", "db_table"] as const;
export type Kind = (typeof KINDS)[number];

export interface NodeRow {
  id: string;
  kind?: Kind;
  code: string;
  name: string;
  department_id: string;
  department_name?: string;
  status: string;
  version: number;
  revision?: number;
  updated_at?: string;
  share_type?: string | null;
  open_type?: string | null;
  update_cycle?: string | null;
  online?: boolean;
  anchor?: string | null;
}

export interface TreeNode {
  id: string;
  kind: "department" | Kind;
  code: string;
  name: string;
  status?: string | null;
  children_count: number;
}

export interface CodeList {
  key: string;
  zh: string;
  en: string;
  tokens: { token: string; zh: string; en: string }[];
}

export interface VersionRow {
  version: number;
  valid_from: string;
  entry_hash: string;
  prev_hash?: string | null;
  hash_profile?: string;
  content?: Record<string, unknown>;
  anchor?: Anchor | null;
}

export interface Anchor {
  status: string;
  batch?: number | null;
  leaf_index?: number | null;
  tx_hash?: string | null;
  block_number?: number | null;
  block_time?: string | null;
  leaf_hash?: string | null;
}

export type NodeDetail = NodeRow & Record<string, unknown> & { children?: Record<string, unknown>[] };

export interface LogLine {
  id: string;
  at: string;
  actor_name: string;
  action: string;
  detail: Record<string, unknown>;
}

export const catalog = {
  stats: () => api.get<Record<string, number>>("/catalog/stats"),
  codeLists: () => api.get<{ items: CodeList[] }>("/catalog/code-lists"),
  tree: (params: ListParams) => api.get<{ items: TreeNode[] }>("/catalog/tree", params),
  list: (kind: Kind, params: ListParams) => api.get<Page<NodeRow>>(`/catalog/${kind}`, params),
  search: (params: ListParams) => api.get<Page<NodeRow>>("/catalog/search", params),
  node: (kind: Kind, id: string) => api.read<NodeDetail>(`/catalog/${kind}/${id}`),
  edit: (kind: Kind, id: string, body: Record<string, unknown>, etag: string | null) =>
    api.patch<NodeDetail>(`/catalog/${kind}/${id}`, body, etag),
  submit: (kind: Kind, ids: string[]) => api.post<unknown>("/catalog/review/submit", { kind, ids }),
  withdraw: (kind: Kind, ids: string[], reason: string) =>
    api.post<unknown>("/catalog/review/withdraw", { kind, ids, reason }),
  log: (kind: Kind, id: string) => api.get<{ items: LogLine[] }>(`/catalog/${kind}/${id}/log`),
  versions: (kind: Kind, id: string) => api.get<{ items: VersionRow[] }>(`/catalog/${kind}/${id}/versions`),
  proof: (kind: Kind, id: string, version: number) =>
    download(`/catalog/${kind}/${id}/versions/${version}/proof`, `${id}-v${version}.proof.json`),
};
