import { api } from "./client";
import type { FieldDiff, Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Case {
  id: string;
  node_kind: Kind;
  node_id: string;
  code: string;
  name: string;
  department: string;
  department_id: string;
  subject: "publish" | "change" | "withdraw";
  round: number;
  stages: string[];
  stage: string;
  due_on: string | null;
  due_pending: boolean;
  overdue: boolean;
  note: string | null;
  submitted_by: string;
  submitted_at: string;
  opened_at: string | null;
  decided_by: string | null;
  decided_at: string | null;
  decision: "approve" | "return" | "recall" | null;
  reason: string | null;
}

export interface ChildDiff {
  added: Record<string, unknown>[];
  removed: Record<string, unknown>[];
  changed: { id: string | null; name: string; fields: FieldDiff[] }[];
  moved: boolean;
}

/** Why something was returned: about the whole, a field, an item or column, or a field of one. */
export interface Reason {
  id: string;
  case_id: string;
  field: string | null;
  label: string;
  child_id: string | null;
  child_name: string | null;
  reason: string;
  answer: string | null;
  changed: boolean | null;
  answered: boolean;
}
export interface ReasonIn {
  reason: string;
  field: string | null;
  child_id: string | null;
}

export interface Stage {
  position: number;
  stage: string;
  label: string;
  state: "approve" | "return" | "waiting" | "later";
  by?: string;
  at?: string;
  opinion?: string | null;
  due_on?: string | null;
}

export interface Secrecy {
  reviewer: string;
  conclusion: string;
  basis: string;
  revision: number;
  reviewed_at: string;
}

export interface CaseDetail {
  case: Case;
  differences: FieldDiff[];
  children: ChildDiff;
  since_return: { round: number; returned_by: string | null; returned_at: string | null; differences: FieldDiff[]; children: ChildDiff } | null;
  answered: string[];
  reasons: Reason[];
  returned_for: Reason[];
  stages: Stage[];
  secrecy: Secrecy[];
}

export interface QueueFilter {
  kind?: string;
  department_id?: string;
  subject?: string;
  stage?: string;
  due?: string;
  older_than?: number;
  decidable?: boolean;
}
export interface Decision {
  case_ids?: string[];
  filter?: QueueFilter;
  /** How many the page showed: a queue that changed meanwhile is refused. */
  expected?: number;
  decision: "approve" | "return";
  reason?: string;
  reasons?: ReasonIn[];
  secrecy?: { conclusion: "pass" | "refuse"; basis: string };
  possible?: boolean;
}
export interface Decided {
  count: number;
  published: number;
  refused: Record<string, string>[];
}

/** How submissions are reviewed: of one department, or of all that have no rule of their own. */
export interface ReviewRule {
  scope: string;
  department_id: string | null;
  department: string;
  stages: string[];
  due_workdays: number | null;
  separate_secrecy: boolean;
  version: number;
}
export interface SecrecyRecord {
  id: string;
  node_kind: Kind;
  node_id: string;
  code: string;
  name: string;
  department_id: string;
  reviewer: string;
  conclusion: "pass" | "refuse";
  basis: string;
  revision: number;
  reviewed_at: string;
}

export const reviews = {
  list: (params: ListParams) => api.get<Page<Case>>("/catalog/reviews", params),
  get: (id: string) => api.get<CaseDetail>(`/catalog/reviews/${id}`),
  /** Opening is an act: from now on the submitter cannot take the case back. */
  open: (id: string) => api.post<CaseDetail>(`/catalog/reviews/${id}/open`),
  decide: (body: Decision) => api.post<Decided>("/catalog/reviews/decide", body),
  secrecy: (id: string, conclusion: "pass" | "refuse", basis: string) =>
    api.post<CaseDetail>(`/catalog/reviews/${id}/secrecy`, { conclusion, basis }),
  secrecyList: (params: ListParams) => api.get<Page<SecrecyRecord>>("/catalog/secrecy-reviews", params),
  rules: () => api.get<ReviewRule[]>("/catalog/review-rules"),
  setRule: (scope: string, rule: Pick<ReviewRule, "stages" | "due_workdays" | "separate_secrecy" | "version">) =>
    api.put<ReviewRule>(`/catalog/review-rules/${scope}`, rule),
  reasons: (kind: Kind, id: string) => api.get<{ items: Reason[] }>(`/catalog/reviews/reasons/${kind}/${id}`),
  submitBatch: (kind: Kind, batchId: string) =>
    api.post<Decided>("/catalog/reviews/submit", { kind, batch_id: batchId }),
};
