import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export const CHANGE_KINDS = ["move", "merge", "split", "abolish"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface Part {
  name: string;
  department_id: string | null;
  into_id?: string | null;
  entries: string[];
  rest: boolean;
}
export interface Plan {
  kind: ChangeKind;
  sources: string[];
  reason: string;
  basis: string;
  effective_on: string;
  department_id: string | null;
  parts: Part[];
  workdays: number;
}
export interface DutyBrief {
  role: string;
  duty_id: string;
  code: string;
  name: string;
  department_id: string;
  department: string;
}
export interface Below {
  kind: string;
  id: string;
  code: string;
  name: string;
  department_id: string;
  department: string;
}
export interface Preview {
  across: boolean;
  secrecy_needed: boolean;
  duties: DutyBrief[];
  results: { name: string; department_id: string; department: string; entries: number }[];
  counts: Record<string, number>;
  below: Below[];
  entries: Below[];
  departments: { department_id: string; department: string; tasks: number }[];
  blocked: { duty_id: string; code: string; name: string; reason_zh: string; reason_en: string }[];
}
export interface DutyChange {
  id: string;
  number: string;
  kind: ChangeKind;
  kind_zh: string;
  state: string;
  state_zh: string;
  across: boolean;
  department_id: string;
  below: Record<string, number>;
  reason: string;
  basis: string;
  effective_on: string;
  workdays: number;
  secrecy_conclusion: string | null;
  secrecy_basis: string | null;
  secrecy_name: string | null;
  created_name: string;
  created_at: string;
  closed_at: string | null;
  closed_reason: string | null;
  /** Why an approved change could not take effect on its day; tried again daily. */
  blocked_on: string | null;
  blocked_reason: string | null;
  duties: DutyBrief[];
  digest: string;
  checker: string | null;
  opinion: string;
  expires_at: string;
  tasks: Record<string, number>;
  actions: ("decide" | "secrecy" | "withdraw")[];
}
export interface DutyTask {
  id: string;
  change_id: string;
  node_kind: string;
  node_id: string;
  code: string;
  name: string;
  department_id: string;
  state: "open" | "done";
  answer: string | null;
  answer_zh: string | null;
  note: string | null;
  due_on: string | null;
  overdue: boolean;
  done_name: string | null;
  done_at: string | null;
}

export const duties = {
  preview: (plan: Plan) => api.post<Preview>("/catalog/duty-changes/preview", plan),
  propose: (plan: Plan) => api.post<DutyChange>("/catalog/duty-changes", plan),
  list: (params: ListParams) => api.get<Page<DutyChange>>("/catalog/duty-changes", params),
  get: (id: string) => api.get<DutyChange>(`/catalog/duty-changes/${id}`),
  decide: (one: DutyChange, approve: boolean, opinion: string, basis: string | null) =>
    api.post<DutyChange>(`/catalog/duty-changes/${one.id}/decision`, { approve, opinion, digest: one.digest, ...(basis ? { secrecy: { conclusion: "pass", basis } } : {}) }),
  withdraw: (id: string, reason: string) => api.post<DutyChange>(`/catalog/duty-changes/${id}/withdrawal`, { reason }),
  tasks: (params: ListParams) => api.get<Page<DutyTask>>("/catalog/duty-tasks", params),
  answer: (ids: string[], answer: string, note: string) => api.post<{ count: number }>("/catalog/duty-tasks/answer", { task_ids: ids, answer, note }),
  reopen: (ids: string[]) => api.post<{ count: number }>("/catalog/duty-tasks/reopen", { task_ids: ids }),
};
