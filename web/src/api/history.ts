import { api, download } from "./client";
import type { FieldDiff, Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Then {
  kind: Kind;
  node_id: string;
  version: number;
  action: string;
  code: string;
  name: string;
  department_id: string;
  org: string;
  org_name: string;
  valid_from: string;
  valid_to: string | null;
  entry_hash: string;
}

export interface NodeThen {
  at: string;
  node: Then;
  fields: Record<string, unknown>;
  labels: Record<string, string>;
  children: Record<string, unknown>[] | null;
  children_count: number;
  links: { link_kind: string; relation: string; direction: string; node_kind: string; node_id: string; code: string; name: string; valid_from: string }[];
}

export interface ThenCounts {
  at: string;
  departments: { department_id: string; department: string; levels: Record<string, number> }[];
  totals: Record<string, number>;
}

export interface Side {
  version: number;
  code: string;
  name: string;
  department_id: string;
  org_name: string;
}

export interface Changed {
  kind: Kind;
  node_id: string;
  changes: string[];
  before: Side | null;
  after: Side | null;
  fields: FieldDiff[];
  children: { added: string[]; removed: string[]; changed: string[] } | null;
}

export interface DiffCount {
  department_id: string;
  department: string;
  kind: Kind;
  added: number;
  changed: number;
  withdrawn: number;
  moved_in: number;
  moved_out: number;
}

export interface DiffPage extends Page<Changed> {
  counts: DiffCount[];
}

export const history = {
  asOf: (params: ListParams) => api.get<Page<Then>>("/catalog/as-of", params),
  counts: (params: ListParams) => api.get<ThenCounts>("/catalog/as-of/counts", params),
  node: (kind: Kind, id: string, at: string) => api.get<NodeThen>(`/catalog/as-of/nodes/${kind}/${id}`, { at }),
  diff: (params: ListParams) => api.get<DiffPage>("/catalog/diff", params),
  saveAsOf: (params: ListParams) => download("/catalog/as-of/export", "as-of.xlsx", params),
  saveDiff: (params: ListParams) => download("/catalog/diff/export", "diff.xlsx", params),
};
