import { api } from "./client";

export interface Profile {
  kind: "numbers" | "patterns";
  key: string;
  zh: string;
  en: string;
  source: string;
  body: { lists?: Record<string, Record<string, string>>; patterns?: Record<string, string> };
  active: boolean;
  builtin: boolean;
  version: number;
}
export interface ClassRow {
  code: string;
  level: string;
  name: string;
  source: string;
  valid_to: string | null;
}
export interface RegionChange {
  old: string;
  new: string;
  effective: string;
  note: string;
}
export interface Region {
  code: string;
  name: string;
  full_name: string;
  level: "province" | "prefecture" | "county";
  current: boolean;
  first: string | null;
  last: string;
  successors: RegionChange[];
  predecessors: RegionChange[];
}
export interface Bearer {
  node_kind: string;
  node_id: string;
  parent_id: string | null;
  name: string;
  code: string;
  past: boolean;
  valid_to: string | null;
}
export interface PastCode {
  code: string;
  valid_from: string;
  valid_to: string;
  successor: string;
  reason: string;
}
export interface Credit {
  code: string;
  valid: boolean;
  reason: string | null;
  reason_en: string | null;
  department: string | null;
}
export interface Loaded {
  added: number;
  changed: number;
  retired: number;
  total: number;
}

export const codes = {
  resolve: (code: string) => api.get<{ items: Bearer[]; history: PastCode[] }>("/catalog/codes/resolve", { code }),
  credit: (code: string) => api.get<Credit>("/catalog/codes/credit", { code }),
  pending: () => api.get<{ id: string; code: string; name: string; state: string }[]>("/catalog/codes/departments-pending"),
  regions: (query: { parent?: string; q?: string; retired?: boolean; at?: string }) =>
    api.get<{ items: Region[]; revision: string }>("/catalog/codes/regions", query),
  loadRegions: (text: string, changes: string) => api.post<Loaded>("/catalog/codes/regions", { text, changes }),
  classes: (query: { parent?: string; q?: string; retired?: boolean }) => api.get<ClassRow[]>("/catalog/codes/classes", query),
  loadClasses: (text: string, source: string) => api.post<Loaded>("/catalog/codes/classes", { text, source }),
  profiles: () => api.get<Profile[]>("/catalog/codes/profiles"),
  saveProfile: (kind: Profile["kind"], key: string, body: { zh: string; en: string; source: string; body: Profile["body"] }) =>
    api.put<Profile>(`/catalog/codes/profiles/${kind}/${encodeURIComponent(key)}`, body),
};
