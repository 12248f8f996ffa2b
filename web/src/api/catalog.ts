import { api, type Answer } from "./client";
import type { Page } from "@/composables/useList";
import type { Reason } from "./reviews";

type ListParams = Record<string, string | string[]>;

export const KINDS = ["duty", "data_entry", "system", "db_table"] as const;
export type Kind = (typeof KINDS)[number];

export interface NodeRow {
  id: string;
  kind?: Kind;
  code: string;
  name: string;
  department_id: string;
  department?: string;
  status: string;
  version: number;
  revision?: number;
  updated_at?: string;
  share_type?: string | null;
  open_type?: string | null;
  update_cycle?: string | null;
  online?: boolean;
  highlight?: [string, boolean][] | null;
}

export interface TreeNode {
  key: string;
  kind: "kind" | "department" | "unlinked" | Kind;
  id: string | null;
  code: string;
  name: string;
  status?: string | null;
  version?: number | null;
  below: number;
  counts?: Record<Kind, number> | null;
}

export interface Stats {
  levels: Record<Kind, Record<string, number>>;
  open_reviews: number;
  returned: number;
  versions: number;
  without_duty: number;
}

export interface CodeList {
  key: string;
  zh: string;
  en: string;
  tokens: { token: string; zh: string; en: string }[];
}

export interface Anchor {
  state: "waiting" | "sent" | "anchored";
  stream: string;
  index: number | null;
  batch_seq: number | null;
  tx_hash: string | null;
  block_number: number | null;
  block_time: string | null;
}

export interface VersionRow {
  version: number;
  action: "publish" | "change" | "withdraw";
  code: string;
  entry_hash: string;
  prev_hash: string | null;
  valid_from: string;
  author: string | null;
  approver: string | null;
  anchor: Anchor | null;
}

export interface FieldDiff {
  field: string;
  label: string;
  before: unknown;
  after: unknown;
}

export interface Brief {
  id: string;
  code: string;
  name: string;
  [key: string]: unknown;
}

export type Node = NodeRow & Record<string, unknown>;
export type Action = "submit" | "recall" | "return" | "approve" | "change" | "discard" | "withdraw" | "online" | "offline";

/** A node with what belongs to it; only data entries have a review in progress and links of their own. */
export interface NodeDetail {
  node: Node;
  department: string;
  children: Record<string, unknown>[];
  change: { fields?: Record<string, unknown>; children?: Record<string, unknown>[] } | null;
  review?: {
    id: string; subject: string; submitted_by: string; submitted_at: string; opened: boolean;
    stage?: string; due_on?: string | null; round?: number;
  } | null;
  actions: Action[];
  duties?: Brief[];
  systems?: Brief[];
  /** Reasons of the last return that wait for an answer. */
  reasons?: Reason[];
  tombstone?: { at: string; reason: string } | null;
  /** Important or core data: it leaves only on an approval. */
  restricted?: boolean;
}

/** The REST names of the four levels. */
const PLURAL: Record<Kind, string> = { duty: "duties", data_entry: "entries", system: "systems", db_table: "tables" };
const at = (kind: Kind, id: string): string => `/catalog/${PLURAL[kind]}/${id}`;

type Raw = Omit<NodeDetail, "node" | "children"> &
  Partial<Pick<NodeDetail, "node" | "children">> & { entry?: Node; items?: NodeDetail["children"] };

/** Data entries answer with `entry` and `items`, the other levels with `node` and `children`. */
function whole(raw: Raw): NodeDetail {
  return { ...raw, node: (raw.node ?? raw.entry)!, children: raw.children ?? raw.items ?? [] };
}

export const catalog = {
  stats: () => api.get<Stats>("/catalog/stats"),
  codeLists: () => api.get<{ lists: CodeList[] }>("/catalog/code-lists"),
  tree: (parent?: string) => api.get<{ items: TreeNode[]; cut: boolean }>("/catalog/tree", { parent }),
  list: (kind: Kind, params: ListParams) => api.get<Page<NodeRow>>(`/catalog/${PLURAL[kind]}`, params),
  node: async (kind: Kind, id: string): Promise<Answer<NodeDetail>> => {
    const answer = await api.read<Raw>(at(kind, id));
    return { ...answer, data: whole(answer.data) };
  },
  create: async (kind: Kind, body: Record<string, unknown>) =>
    whole(await api.post<Raw>(`/catalog/${PLURAL[kind]}`, body)),
  edit: async (kind: Kind, id: string, body: Record<string, unknown>, etag: string | null) =>
    whole(await api.patch<Raw>(at(kind, id), body, etag)),
  act: async (kind: Kind, id: string, action: Action, body?: Record<string, unknown>) =>
    whole(await api.post<Raw>(`${at(kind, id)}/${action}`, body)),
  versions: (kind: Kind, id: string) => api.get<VersionRow[]>(`${at(kind, id)}/versions`),
  diff: (id: string, older: number, newer: number) =>
    api.get<FieldDiff[]>(`/catalog/entries/${id}/versions/diff`, { older, newer }),
};
