import { api, download } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export const DIMENSIONS = ["norm", "complete", "accurate", "consistent", "timely", "accessible"] as const;

export interface Figure {
  numerator: number;
  denominator: number;
  percent: string | null;
  text: string;
}
export interface DimensionFigure {
  dimension: string;
  zh: string;
  en: string;
  figure: Figure;
}
export interface RuleFigure {
  rule: string;
  zh: string;
  dimension: string;
  figure: Figure;
}
export interface QualityRule {
  id: string;
  dimension: string;
  dimension_zh: string;
  kinds: string[];
  zh: string;
  en: string;
  cells: string;
  fix_zh: string;
  fix_en: string;
}
export interface QualitySummary {
  computed_at: string | null;
  dimensions: DimensionFigure[];
  levels: Record<string, DimensionFigure[]>;
  rules: RuleFigure[];
  row_quality: string;
  city: Figure;
}
export interface DepartmentQuality {
  department_id: string;
  department: string;
  nodes: number;
  failing: number;
  computed_at: string;
  dimensions: DimensionFigure[];
}
export interface Failing {
  node_kind: Kind;
  node_id: string;
  code: string;
  name: string;
  department_id: string;
  department: string;
  rule: string;
  rule_zh: string;
  dimension: string;
  field: string;
  label: string;
  value: string;
  child_id: string | null;
  child_name: string | null;
  fix_zh: string;
  fix_en: string;
}
export interface NodeQuality {
  judged_at: string;
  dimensions: DimensionFigure[];
  failures: Failing[];
}

export const quality = {
  rules: () => api.get<QualityRule[]>("/catalog/quality/rules"),
  summary: (params: ListParams) => api.get<QualitySummary>("/catalog/quality/summary", params),
  departments: (params: ListParams) => api.get<DepartmentQuality[]>("/catalog/quality/departments", params),
  failures: (params: ListParams) => api.get<Page<Failing>>("/catalog/quality/failures", params),
  save: (params: ListParams) => download("/catalog/quality/failures/export", "quality.xlsx", params),
  node: (kind: Kind, id: string) => api.get<NodeQuality>(`/catalog/quality/nodes/${kind}/${id}`),
  trend: (params: ListParams) => api.get<{ day: string; dimensions: DimensionFigure[] }[]>("/catalog/quality/trend", params),
  refresh: () => api.post<{ job_id: string }>("/catalog/quality/refresh"),
};
