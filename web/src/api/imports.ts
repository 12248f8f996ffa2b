import { api, download } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Batch {
  id: string;
  profile: string;
  filename: string;
  size: number;
  sm3: string;
  state: "uploaded" | "checked" | "applied" | "undone" | "failed";
  counts: {
    rows?: number;
    actions?: Record<string, number>;
    kinds?: Record<string, number>;
    findings?: Record<string, number>;
    [key: string]: unknown;
  };
  failure: { code?: string; detail?: string } | null;
  created_name: string;
  created_at: string;
  applied_at: string | null;
  undone_at: string | null;
  job_id: string | null;
}

export interface Finding {
  seq: number;
  sheet: string;
  row_no: number | null;
  column: string | null;
  header: string | null;
  value: string;
  severity: "error" | "row_error" | "warning";
  code: string;
  zh: string;
  en: string;
  fix_zh: string;
  fix_en: string;
}

export interface Undone {
  removed: number;
  restored: number;
  left: string[];
}

export interface Profile {
  key: string;
  zh: string;
  en: string;
}

export const imports = {
  profiles: () => api.get<Profile[]>("/catalog/imports/profiles"),
  list: (params: ListParams) => api.get<Page<Batch>>("/catalog/imports", params),
  get: (id: string) => api.get<Batch>(`/catalog/imports/${id}`),
  upload: (file: File, profile: string) => {
    const body = new FormData();
    body.append("file", file);
    body.append("profile", profile);
    return api.post<Batch>("/catalog/imports", body);
  },
  findings: (id: string, params: ListParams) => api.get<Page<Finding>>(`/catalog/imports/${id}/findings`, params),
  check: (id: string) => api.post<Batch>(`/catalog/imports/${id}/check`),
  apply: (id: string, acceptPartial: boolean) =>
    api.post<Batch>(`/catalog/imports/${id}/apply`, { accept_partial: acceptPartial }),
  undo: (id: string) => api.post<Undone>(`/catalog/imports/${id}/undo`),
  template: (empty: boolean) => download("/catalog/template", "template.xlsx", { empty }),
  exported: () => download("/catalog/export", "catalog.xlsx"),
  marked: (id: string) => download(`/catalog/imports/${id}/marked`, "findings.xlsx"),
};
