import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Department {
  id: string;
  code: string;
  uscc: string | null;
  name: string;
  short_name: string | null;
  kind: "bureau" | "street" | "other";
  region: string | null;
  aliases: string[];
  valid_from: string;
  valid_to: string | null;
  version: number;
}

export interface RoleBrief {
  key: string;
  name_zh: string;
  name_en: string;
}

export interface Role extends RoleBrief {
  id: string;
  scope: "own" | "all";
  permissions: string[];
  standard: boolean;
  version: number;
  authentic: boolean;
}

export interface RoleList {
  items: Role[];
  permissions: { key: string; zh: string; en: string }[];
}

export interface User {
  id: string;
  username: string;
  display_name: string;
  department_id: string | null;
  roles: RoleBrief[];
  active: boolean;
  locked_until: string | null;
  last_seen_at: string | null;
  must_change_password: boolean;
  version: number;
}

export interface IssuedPassword {
  user: User;
  one_time_password: string;
}

export interface Title {
  zh: string;
  en: string;
}

export interface Job {
  id: string;
  kind: string;
  title: Title;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  percent: number;
  done: number;
  total: number;
  message: string;
  cancel_requested: boolean;
  error: { code: string; zh: string; en: string; fix_zh: string; fix_en: string } | null;
  result: Record<string, unknown> | null;
  owner_name: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface JobLogLine {
  seq: number;
  at: string;
  level: string;
  text: string;
}

export interface Task {
  source: string;
  id: string;
  title: Title;
  created_at: string;
  due_at: string | null;
  from_name: string;
  department_id: string | null;
  url: string;
}

export interface Notice {
  id: string;
  severity: string;
  title: Title;
  body: Title;
  url: string;
  created_at: string;
  read_at: string | null;
}

export interface Approval {
  id: string;
  kind: string;
  kind_title: Title;
  title: Title;
  expired: boolean;
  params: Record<string, unknown>;
  digest: string;
  state: "pending" | "approved" | "rejected" | "withdrawn" | "used";
  department_id: string | null;
  object_type: string | null;
  object_id: string | null;
  maker_name: string;
  own: boolean;
  may_decide: boolean;
  created_at: string;
  expires_at: string;
  checker_name: string | null;
  opinion: string;
  decided_at: string | null;
}

export interface AuditLine {
  id: string;
  at: string;
  actor_name: string;
  actor_kind: string;
  department_id: string | null;
  action: string;
  object_type: string;
  object_id: string;
  detail: Record<string, unknown>;
  seq: number | null;
}

export const departments = {
  list: (params: ListParams) => api.get<Page<Department>>("/departments", params),
  create: (body: Partial<Department>) => api.post<Department>("/departments", body),
};

export const roles = {
  list: () => api.get<RoleList>("/roles"),
  edit: (role: Role, permissions: string[]) =>
    api.patch<Role>(`/roles/${role.id}`, { permissions }, `"${role.version}"`),
};

export const users = {
  list: (params: ListParams) => api.get<Page<User>>("/users", params),
  create: (body: { username: string; display_name: string; department_id: string | null; roles: string[] }) =>
    api.post<IssuedPassword>("/users", body),
  setRoles: (id: string, keys: string[]) => api.put<User>(`/users/${id}/roles`, { roles: keys }),
  disable: (id: string) => api.post<User>(`/users/${id}/disable`),
  unlock: (id: string) => api.post<User>(`/users/${id}/unlock`),
  reset: (id: string) => api.post<IssuedPassword>(`/users/${id}/password`),
};

export const jobs = {
  list: (params: ListParams) => api.get<Page<Job>>("/jobs", params),
  get: (id: string) => api.get<Job>(`/jobs/${id}`),
  cancel: (id: string) => api.post<Job>(`/jobs/${id}/cancel`),
  log: (id: string) => api.get<{ items: JobLogLine[] }>(`/jobs/${id}/log`),
};

export const tasks = {
  list: (params: ListParams) => api.get<Page<Task>>("/tasks", params),
};

export const notices = {
  list: (params: ListParams) => api.get<Page<Notice>>("/notices", params),
  read: (id: string) => api.post(`/notices/${id}/read`),
  readAll: () => api.post<{ marked: number }>("/notices/read"),
};

export const approvals = {
  list: (params: ListParams) => api.get<Page<Approval>>("/approvals", params),
  get: (id: string) => api.get<Approval>(`/approvals/${id}`),
  /** The digest says what was seen: a proposal that changed meanwhile is refused. */
  decide: (one: Approval, approve: boolean, opinion: string) =>
    api.post<Approval>(`/approvals/${one.id}/decision`, { approve, opinion, digest: one.digest }),
  withdraw: (id: string) => api.post<Approval>(`/approvals/${id}/withdrawal`),
};

export const audit = {
  list: (params: ListParams) => api.get<Page<AuditLine>>("/audit", params),
  verify: () => api.post<Job>("/audit/verifications"),
};
