import { api, download, url } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Report {
  id: string;
  kind: string;
  title: string;
  year: number;
  quarter: number;
  department_id: string | null;
  state: "queued" | "running" | "done" | "failed";
  input_root: string | null;
  run_root: string | null;
  job_id: string | null;
  created_at: string;
  frozen_at: string | null;
  finished_at: string | null;
  error: Record<string, unknown> | null;
}

export interface ReportDetail extends Report {
  inputs: { name: string; predicate: string; rows: number; bytes: number; sm3: string }[];
  artifacts: { name: string; media_type: string; bytes: number; sm3: string }[];
  anchor: "waiting" | "sent" | "anchored" | null;
  block_number: number | null;
}

export interface Figure {
  key: string;
  rule: string;
  zh: string;
  scope: string;
  grp: string;
  numerator: number | null;
  denominator: number | null;
  text: string;
  unit: string;
  rows: number;
  reason: string;
}

export interface Trace {
  figure: Figure;
  rule: { id: string; version: number; zh: string; numerator: string; denominator: string; note: string; body: string };
  items: { department_id: string | null; code: string | null; name: string | null; num: number | null; den: number | null }[];
  total: number;
}

export const reports = {
  list: (params: ListParams) => api.get<Page<Report>>("/reports", params),
  get: (id: string) => api.get<ReportDetail>(`/reports/${id}`),
  build: (body: { year: number; quarter: number; department_id: string | null }) => api.post<Report>("/reports", body),
  figures: (id: string) => api.get<{ items: Figure[] }>(`/reports/${id}/figures`),
  trace: (id: string, key: string, page: number) => api.get<Trace>(`/reports/${id}/trace`, { key, page, size: 20 }),
  verify: (id: string) => api.get<Report>(`/reports/${id}/verification`),
  download: (id: string, name: string) => download(`/reports/${id}/artifacts/${name}`, name),
  previewUrl: (id: string) => url(`/reports/${id}/preview`),
};
