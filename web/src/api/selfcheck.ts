import { api } from "./client";

export interface SelfCheck {
  made_at: string;
  algorithms: { use: string; algorithm: string; implementation: string }[];
  root: { provider: string; certified_product: boolean; device: boolean; profile: string; sealed: boolean };
  overdue: string[];
  columns: {
    scope_id: string;
    department: string;
    label: string;
    algorithm: string;
    mode: string;
    blind_index: boolean;
    key_source: string;
    due: string | null;
    overdue: boolean;
    compromised_key_id: number | null;
    last_rotation_id: string | null;
    last_rotation_at: string | null;
  }[];
  scan: { at: string; files: number; bytes: number; hits: number; places: string[]; looked: [string, number, number, number][] } | null;
  drill: { at: string; passed: boolean; kills: number } | null;
  areas: {
    area: string;
    title_zh: string;
    title_en: string;
    status: string;
    items: {
      code: string;
      title: string;
      status: string;
      finding: string;
      evidence: string[];
      rectification: string;
      supplier_zh: string;
      supplier_en: string;
    }[];
  }[];
  summary: Record<string, number>;
  limits: string[];
}

export const selfcheck = {
  get: () => api.get<SelfCheck>("/crypto/self-check"),
  scan: () => api.post<{ job_id: string }>("/crypto/self-check/scan"),
};
