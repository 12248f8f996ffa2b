import { api } from "./client";
import type { Title } from "./kernel";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
export type Environment = "production" | "test";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Live {
  id: string;
  environment: Environment;
  name: string;
  version: string;
  chain_id: number;
  address: string;
  tx_hash: string;
  code_hash: string;
  deployer: string;
  state: string;
  block_number: number | null;
  gas_used: number | null;
  created_at: string;
  live_at: string | null;
  version_id: string | null;
  deployment_id: string | null;
  implementation: string | null;
  comparison: { verdict: string; masked: number; immutables: { name: string; value: string; agrees: boolean }[] } | null;
  frozen_at: string | null;
  frozen_by: string | null;
}

export interface Failure {
  step: number;
  code: string;
  expected: string | null;
  found: string | null;
}

export interface Report {
  passed: boolean;
  fork: string;
  failure: Failure | null;
  deployment: { gas: number; initcode_bytes: number; runtime_bytes: number; code: string } | null;
  cases: { name: string; passed: boolean; steps: number; failure: Failure | null }[];
  gas: { method: string; calls: number; least: number; most: number; former?: number | null; over?: boolean }[];
  untested: string[];
  layout: { severity: string; rule: string; path: string; zh: string; en: string }[];
  upgrade: { gas: number; steps_before: number } | null;
  /** Absent in reports that were made before sources were analysed. */
  analysis?: Analysis;
}

export interface Analysis {
  tool: string;
  skipped: string | null;
  detail: string | null;
  findings: { check: string; impact: string; where: string; reason: string | null }[];
}

export interface Version {
  id: string;
  name: string;
  version: string;
  origin: string;
  kind: "plain" | "uups";
  contract: string;
  compiler: string;
  fork: string;
  code_hash: string;
  state: "draft" | "failed" | "ready" | "retired";
  state_title: Title;
  digest: string | null;
  cases: number;
  passed: number;
  created_by: string;
  created_at: string;
  rehearsed_at: string | null;
  job_state: string | null;
  job_error: Title | null;
}

export interface VersionDetail extends Version {
  arguments: Json[];
  initialiser: { method: string; arguments: Json[] } | null;
  libraries: Record<string, string>;
  tests: Json;
  previous_id: string | null;
  report: Report | null;
  abi: Json[];
  layout: Json;
  sources: Record<string, string>;
  settings: Json;
  evm_version: string;
  input_digest: string;
}

export interface VersionInput {
  name: string;
  version: string;
  kind: string;
  fork: string;
  contract: string;
  builtin: boolean;
  build: Json;
  arguments: Json;
  initialiser: Json;
  libraries: Json;
  tests: Json;
}

export interface Deployment {
  id: string;
  version_id: string;
  name: string;
  version: string;
  environment: Environment;
  action: string;
  action_title: Title;
  digest: string;
  approval_id: string | null;
  state: string;
  state_title: Title;
  error: (Title & { code: string }) | null;
  created_by: string;
  created_at: string;
  finished_at: string | null;
  job_state: string | null;
  job_error: Title | null;
}

export interface Parameter {
  name: string;
  type: string;
  components: Parameter[];
}

export interface Method {
  signature: string;
  name: string;
  inputs: Parameter[];
  outputs: Parameter[];
  reads: boolean;
  payable: boolean;
  allowed: boolean;
}

export interface Right {
  id: string;
  environment: Environment;
  method: string;
  role: string;
  created_by: string;
  created_at: string;
}

export interface LiveForm {
  release: Live;
  account: string | null;
  methods: Method[];
  rights: Right[];
  may_freeze: boolean;
}

export interface Line {
  name: string;
  live: Live[];
  newest: Version | null;
  open: Deployment[];
}

export interface Call {
  id: string;
  method: string;
  arguments: Json[];
  environment: Environment;
  tx_hash: string | null;
  state: string;
  state_title: Title;
  problem: string;
  events: { name: string | null; arguments: Record<string, Json> | null }[] | null;
  block_number: number | null;
  gas_used: number | null;
  created_by: string;
  created_at: string;
}

export interface Act {
  at: string;
  action: string;
  action_title: Title;
  environment: Environment | null;
  version: string | null;
  actor: string;
  detail: Record<string, Json>;
}

const base = "/chain/contracts";
const named = (name: string): string => `${base}/names/${encodeURIComponent(name)}`;
export const contracts = {
  lines: () => api.get<{ items: Line[] }>(`${base}/names`),
  versions: (params: ListParams) => api.get<Page<Version>>(`${base}/versions`, params),
  version: (id: string) => api.get<VersionDetail>(`${base}/versions/${id}`),
  source: (id: string, unit: string) => api.get<{ content: string }>(`${base}/versions/${id}/source`, { unit }),
  register: (body: VersionInput) => api.post<Version>(`${base}/versions`, body),
  rehearse: (id: string) => api.post<Version>(`${base}/versions/${id}/rehearsal`),
  retire: (id: string) => api.post<Version>(`${base}/versions/${id}/retirement`),
  deploy: (id: string, environment: Environment) => api.post<Deployment>(`${base}/versions/${id}/deployments`, { environment }),
  deployments: (params: ListParams) => api.get<Page<Deployment>>(`${base}/deployments`, params),
  deployment: (id: string) => api.get<Deployment>(`${base}/deployments/${id}`),
  resume: (id: string) => api.post<Deployment>(`${base}/deployments/${id}/resume`),
  live: (name: string, environment: Environment) => api.get<LiveForm>(`${named(name)}/live`, { environment }),
  releases: (name: string) => api.get<Page<Live>>(`${named(name)}/releases`),
  history: (name: string, params: ListParams) => api.get<Page<Act>>(`${named(name)}/history`, params),
  calls: (params: ListParams) => api.get<Page<Call>>(`${base}/calls`, params),
  read: (name: string, environment: Environment, method: string, args: Json[]) =>
    api.post<{ outputs: Parameter[]; values: Json[] }>(`${named(name)}/read`, { environment, method, arguments: args }),
  write: (name: string, environment: Environment, method: string, args: Json[]) =>
    api.post<Call>(`${named(name)}/calls`, { environment, method, arguments: args }),
  freeze: (name: string, environment: Environment, reason: string) => api.post<Live>(`${named(name)}/freeze`, { environment, reason }),
  unfreeze: (name: string, environment: Environment) => api.post<Deployment>(`${named(name)}/unfreeze`, { environment }),
  rollback: (name: string, environment: Environment, version_id: string) =>
    api.post<Deployment>(`${named(name)}/rollback`, { environment, version_id }),
  grant: (name: string, environment: Environment, method: string, role: string) =>
    api.post<Right>(`${named(name)}/rights`, { environment, method, role }),
  revoke: (id: string) => api.delete<void>(`${base}/rights/${id}`),
};
