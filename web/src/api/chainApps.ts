import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export type Environment = "test" | "production";
export type Life = "registered" | "testing" | "reported" | "pending" | "production";

export interface ChainApp {
  id: string;
  code: string;
  name: string;
  department_id: string;
  department: string;
  system_name: string;
  life: Life;
  suspended: string | null;
  created_at: string;
}

export interface Version {
  app_key: string;
  key_version: number;
  state: string;
  created_at: string;
  revoked_at: string | null;
}

export interface Place {
  environment: Environment;
  stream: string;
  daily_quota: number;
  used_today: number;
  stored: number;
  anchored: number;
  waiting: number;
  last_anchored_at: string | null;
  callback_url: string | null;
  callback_waiting: number;
  callback_dead: number;
  credentials: Version[];
}

export interface TestReport {
  number: number;
  content: Record<string, unknown>;
  digest: string;
  conclusion: string;
  made_by: string;
  made_at: string;
  approval_id: string | null;
}

export interface ChainAppDetail extends ChainApp {
  purpose: string;
  contact: string;
  contracts: string[];
  accounts: string[];
  open_check: boolean;
  version: number;
  places: Place[];
  checks: Record<string, boolean>;
  reports: TestReport[];
  approval_id: string | null;
}

export interface About {
  name: string;
  system_name: string;
  purpose: string;
  contact: string;
  contracts: string[];
  accounts: string[];
  open_check: boolean;
}

export interface Issued {
  environment: Environment;
  stream: string;
  app_key: string;
  key_version: number;
  secret: string;
}

export interface UseDay {
  day: string;
  calls: number;
  stored: number;
  repeated: number;
  refused: number;
  proofs: number;
  callbacks: number;
}

export interface Announcement {
  id: string;
  trial: boolean;
  first: number | null;
  state: string;
  attempts: number;
  last_error: string | null;
  created_at: string;
  next_at: string;
  finished_at: string | null;
}

export interface UnitHealth {
  department_id: string;
  department: string;
  state: "ok" | "waiting" | "late" | "failing" | "silent";
  records: number;
  waiting: number;
  oldest_waiting_at: string | null;
  last_anchored_at: string | null;
  halted: string[];
  callback_dead: number;
  refused_today: number;
  apps: number;
  node: string | null;
  node_state: string | null;
  node_lag: number | null;
}

const at = (id: string): string => `/chain/apps/${id}`;

export const chainApps = {
  list: (params: ListParams) => api.get<Page<ChainApp>>("/chain/apps", params),
  get: (id: string) => api.get<ChainAppDetail>(at(id)),
  register: (body: About & { code: string; department_id: string | null }) => api.post<ChainAppDetail>("/chain/apps", body),
  describe: (id: string, body: About) => api.put<ChainAppDetail>(at(id), body),
  issue: (id: string, environment: Environment) => api.post<Issued>(`${at(id)}/credentials`, { environment }),
  revoke: (id: string, environment: Environment, version: number) => api.post<ChainAppDetail>(`${at(id)}/credentials/${environment}/${version}/revocation`),
  setCallback: (id: string, environment: Environment, url: string | null) => api.put<ChainAppDetail>(`${at(id)}/callback`, { environment, url }),
  callbacks: (id: string, environment: Environment) => api.get<Page<Announcement>>(`${at(id)}/callbacks`, { environment, size: "20" }),
  tryCallback: (id: string, environment: Environment) => api.post<Page<Announcement>>(`${at(id)}/callbacks`, { environment }),
  settle: (id: string, message: string, reason: string | null) => api.post<Page<Announcement>>(`${at(id)}/callbacks/${message}/settlement`, { reason }),
  use: (id: string, environment: Environment) => api.get<{ items: UseDay[] }>(`${at(id)}/use`, { environment, days: "30" }),
  report: (id: string, conclusion: string) => api.post<TestReport>(`${at(id)}/reports`, { conclusion }),
  apply: (id: string, daily_quota: number) => api.post<{ approval_id: string }>(`${at(id)}/application`, { daily_quota }),
  askQuota: (id: string, environment: Environment, daily_quota: number, reason: string) => api.post<{ approval_id: string }>(`${at(id)}/quota`, { environment, daily_quota, reason }),
  suspend: (id: string, reason: string) => api.post<ChainAppDetail>(`${at(id)}/suspension`, { reason }),
  resume: (id: string, reason: string) => api.post<ChainAppDetail>(`${at(id)}/resumption`, { reason }),
  units: (params: ListParams) => api.get<Page<UnitHealth>>("/chain/units", params),
};
