import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Interface {
  id: string;
  code: string;
  name: string;
  path: string;
  department_id: string;
  entry_id: string;
  state: "draft" | "published" | "retired";
  shown: "draft" | "testing" | "submitted" | "published" | "ending" | "retired";
  revision: number;
  test_revision: number | null;
  ends_on: string | null;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface ContractField {
  name: string;
  title: string;
  type: string;
  item_id: string | null;
  sensitive: boolean;
  encrypted: boolean;
  mask: string;
}

export interface TableSource {
  kind: "table";
  table: string;
  key: string;
  department: { column: string; id: string } | null;
  columns: Record<string, { column: string; type: string }>;
  parameters: { name: string; column: string; type: string; op: "eq" | "ge" | "lt"; required: boolean }[];
  page_max: number;
}

/** How an XML or SOAP answer becomes records; kept as it is by the form. */
export interface XmlShape {
  items: string[];
  fields: Record<string, string>;
  request: { action: string; body: string; parameters: { name: string; required: boolean }[] } | null;
}

export interface HttpSource {
  kind: "http";
  url: string;
  xml?: XmlShape | null;
}

export interface Definition {
  methods: string[];
  auth: "mulian-sm3-v1" | "appkey";
  source: HttpSource | TableSource;
  contract: {
    mode: "fields" | "stream";
    fields: ContractField[];
    items: string[];
    passthrough: string[];
    row_key: string;
  };
  timeout_ms: number;
  waives_limits?: boolean;
  audited?: boolean;
  body_limit: number;
}

export interface Revision {
  number: number;
  state: "draft" | "testing" | "submitted" | "returned" | "scheduled" | "canary" | "published" | "superseded";
  definition: Definition;
  sm3: string;
  tested_at: string | null;
  submitted_at: string | null;
  decided_at: string | null;
  opinion: string | null;
  published_at: string | null;
  effective_on: string | null;
  canary: { share: number; apps: string[] } | null;
}

export interface InterfaceDetail extends Interface {
  revisions: Revision[];
}

export interface App {
  id: string;
  name: string;
  app_key: string;
  department_id: string;
  system_name: string | null;
  environment: "production" | "test";
  state: "active" | "blocked";
  version: number;
  created_at: string;
}

export const OLDER_PROFILES = ["gjgxjhpt", "gjzwfwpt", "x-client-id"] as const;
export type OlderProfile = (typeof OLDER_PROFILES)[number];

export interface AppDetail extends App {
  credentials: { key_version: number; profile: string; state: "active" | "revoked"; created_at: string; revoked_at: string | null }[];
  requesters: Record<string, string>;
}

export interface Issued extends AppDetail {
  key_version: number;
  secret: string;
}

export interface Demand {
  id: string;
  number: string;
  entry_id: string;
  department_id: string;
  provider_id: string;
  consumer_ref: string;
  need_id: string | null;
  negotiation: string;
  matter: string;
  basis: string;
  purpose: string;
  calls_per_day: number;
  calls_per_month: number;
  calls_per_second: number;
  bytes_per_day: number;
  bytes_per_month: number;
  valid_until: string;
  status: string;
  stage: "provider" | "bureau" | "";
  opinion: string | null;
  submitted_name: string;
  submitted_at: string;
  decided_at: string | null;
}

export interface DemandItem {
  item_id: string;
  name: string;
  share_type: string;
  clear: boolean;
  approved: boolean | null;
  clear_approved: boolean | null;
}

export interface DemandDetail extends Demand {
  items: DemandItem[];
}

export interface Wanted {
  item_id: string;
  clear: boolean;
}

export interface DemandInput {
  need_id: string | null;
  negotiation: string;
  entry_id: string;
  app_id: string;
  items: Wanted[];
  matter: string;
  basis: string;
  purpose: string;
  calls_per_day: number;
  calls_per_month: number;
  calls_per_second: number;
  bytes_per_day: number;
  bytes_per_month: number;
  valid_until: string;
}

export interface Grant {
  id: string;
  number: string;
  app_name: string;
  interface_id: string;
  interface_code: string;
  interface_name: string;
  fields: Record<string, boolean>;
  purpose: string;
  expires_at: string;
  quota_day: number;
  quota_month: number;
  bytes_day: number;
  bytes_month: number;
  rate: number;
  used_today: number;
  used_month: number;
  bytes_today: number;
  bytes_this_month: number;
  state: "active" | "revoked" | "replaced" | "expired";
  created_at: string;
}

export interface Call {
  at: string;
  request_id: string;
  kind: string;
  outcome: string;
  app_key: string;
  interface: string;
  method: string;
  path: string;
  query: string;
  status: number;
  bytes_in: number;
  bytes_out: number;
  micros: number;
  upstream_micros: number;
  client: string;
}

const interfaces = "/gateway/interfaces";
const apps = "/gateway/apps";

export const gateway = {
  interfaces: (params: ListParams) => api.get<Page<Interface>>(interfaces, params),
  interface: (id: string) => api.read<InterfaceDetail>(`${interfaces}/${id}`),
  create: (body: Pick<Interface, "code" | "name" | "path" | "entry_id"> & { definition: Definition }) =>
    api.post<InterfaceDetail>(interfaces, body),
  revise: (id: string, definition: Definition, etag: string | null) =>
    api.patch<InterfaceDetail>(`${interfaces}/${id}`, { definition }, etag),
  submit: (id: string) => api.post<InterfaceDetail>(`${interfaces}/${id}/submit`),
  decide: (id: string, act: "approve" | "return" | "retire", opinion: string) =>
    api.post<InterfaceDetail>(`${interfaces}/${id}/${act}`, { opinion }),

  apps: (params: ListParams) => api.get<Page<App>>(apps, params),
  app: (id: string) => api.get<AppDetail>(`${apps}/${id}`),
  createApp: (body: { name: string; system_name: string | null; department_id: string | null; environment: App["environment"] }) =>
    api.post<Issued>(apps, body),
  issue: (id: string) => api.post<Issued>(`${apps}/${id}/credentials`),
  addPublicKey: (id: string, key: string) => api.post<AppDetail>(`${apps}/${id}/credentials/public-key`, { public_key: key }),
  importKey: (id: string, body: { profile: OlderProfile; requester: string; secret: string }) =>
    api.post<AppDetail>(`${apps}/${id}/credentials/import`, body),
  revoke: (id: string, version: number) => api.post<AppDetail>(`${apps}/${id}/credentials/${version}/revoke`),
  block: (id: string, blocked: boolean, reason: string) =>
    api.post<AppDetail>(`${apps}/${id}/${blocked ? "block" : "unblock"}`, { reason }),

  demands: (params: ListParams) => api.get<Page<Demand>>("/gateway/demands", params),
  demand: (id: string) => api.get<DemandDetail>(`/gateway/demands/${id}`),
  apply: (body: DemandInput) => api.post<DemandDetail>("/gateway/demands", body),
  approve: (id: string, opinion: string, items: Wanted[]) =>
    api.post<DemandDetail>(`/gateway/demands/${id}/approve`, { opinion, items }),
  reject: (id: string, opinion: string) => api.post<DemandDetail>(`/gateway/demands/${id}/reject`, { opinion }),

  grants: (params: ListParams) => api.get<Page<Grant>>("/gateway/grants", params),
  revokeGrant: (id: string, reason: string) => api.post<Grant>(`/gateway/grants/${id}/revoke`, { reason }),
  calls: (params: ListParams) => api.get<{ items: Call[] }>("/gateway/calls", params),
};
