import { api, download } from "./client";
import type { Page } from "@/composables/useList";
import type { EndKind } from "./links";

type ListParams = Record<string, string | string[]>;

export interface TraceNode {
  kind: EndKind;
  id: string;
  code: string;
  name: string;
  name_zh: string | null;
  data_type: string | null;
  status: string;
  department: string;
  basis_doc: string | null;
  basis_text: string | null;
}
export interface Trace {
  start: TraceNode;
  direction: string;
  levels: { kind: EndKind; zh: string; nodes: TraceNode[] }[];
  edges: { link: string; upper: string; lower: string }[];
  gaps: Record<string, string[]>;
  cut: string[];
}
export interface OrphanCount {
  key: string;
  zh: string;
  en: string;
  total: number;
  departments: { department_id: string; department: string; count: number }[];
}
export interface OrphanRow {
  kind: string;
  id: string;
  code: string;
  name: string;
  status: string | null;
  department_id: string;
  department: string;
  note: string | null;
  parent_id: string | null;
  parent_code: string | null;
  parent_name: string | null;
}
export interface OrphanPage extends Page<OrphanRow> {
  key: string;
  zh: string;
  en: string;
  fix_zh: string;
}

export const traces = {
  trace: (kind: EndKind, id: string, direction: "up" | "down") => api.get<Trace>(`/catalog/trace/${kind}/${id}`, { direction }),
  orphanCounts: (params: ListParams) => api.get<OrphanCount[]>("/catalog/orphans", params),
  orphans: (key: string, params: ListParams) => api.get<OrphanPage>(`/catalog/orphans/${key}`, params),
  saveOrphans: (key: string, params: ListParams) => download(key ? `/catalog/orphans/${key}/export` : "/catalog/orphans/export", "orphans.xlsx", params),
};
