import { api, download } from "./client";
import type { Page } from "@/composables/useList";
import type { Tone } from "@/lib/status";

interface Title {
  zh: string;
  en: string;
}

export type TargetState = "unknown" | "ok" | "suspect" | "down" | "recovering";

export interface WallItem {
  id: string;
  key: string;
  name: Title;
  source: string;
  state: TargetState;
  state_title: Title;
  since: string | null;
  latency_us: number | null;
  department_id: string | null;
}

export interface Wall {
  counts: Record<TargetState, number>;
  items: WallItem[];
}

export interface Sample {
  at: string;
  outcome: "ok" | "fail" | "prober_error";
  latency_us: number | null;
  detail: string;
}

export interface History {
  outage_seconds: number;
  covered: number;
  intervals: number;
  outages: { started_at: string; ended_at: string | null; proven_end: boolean }[];
  samples: Sample[];
}

export interface Incident {
  id: string;
  title: Title;
  severity: "warning" | "critical";
  began_at: string;
  opened_at: string;
  closed_at: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  case_id: string | null;
  last_good_at: string | null;
  sentence: Title | null;
  duty_left: number | null;
}

export interface Rung {
  step: string;
  title: Title;
  ok: boolean;
  micros: number;
  detail: string;
}

export interface IncidentAlarm {
  id: string;
  target_id: string | null;
  rule_id: string | null;
  expression_id: string | null;
  title: Title;
  severity: string;
  opened_at: string;
  closed_at: string | null;
  notified: boolean;
}

export interface IncidentDetail extends Incident {
  ladder: Rung[];
  alarms: IncidentAlarm[];
  timeline: { seq: number; at: string; kind: string; text: Title; actor_name: string | null }[];
}

export interface SilenceForm {
  target_id?: string;
  rule_id?: string;
  expression_id?: string;
  hours: number;
  reason: string;
}

export interface Silence {
  id: string;
  target_id: string | null;
  rule_id: string | null;
  expression_id: string | null;
  owner_name: string;
  reason: string;
  starts_at: string;
  ends_at: string;
}

export type ChannelKind = "webhook" | "dingtalk" | "wecom" | "feishu" | "mail" | "sms";

export interface ChannelSettings {
  declared: string[];
  host: string;
  port: number;
  sender: string;
  security: "starttls" | "tls" | "none";
  template: string;
  content_type: "json" | "form";
  most: number;
}

export interface Channel {
  id: string;
  kind: ChannelKind;
  kind_title: Title;
  name: string;
  settings: ChannelSettings;
  min_severity: "warning" | "critical";
  quiet_from: number | null;
  quiet_to: number | null;
  enabled: boolean;
  per_minute: number;
  version: number;
}

export interface ChannelSecrets {
  url?: string;
  secret?: string;
  username?: string;
  password?: string;
  recipients?: (string | { number: string; name?: string; username?: string })[];
}

export interface ChannelForm {
  kind: ChannelKind;
  name: string;
  settings: Partial<ChannelSettings>;
  secrets?: ChannelSecrets;
  min_severity: "warning" | "critical";
  quiet_from: number | null;
  quiet_to: number | null;
}

export interface Delivery {
  id: string;
  title: string;
  severity: string;
  created_at: string;
  not_before: string;
  sent_at: string | null;
  state: "waiting" | "sending" | "sent";
}

export interface AvailabilityLine {
  key: string;
  name: string;
  department: string;
  share: string | null;
  outages: number;
  down_seconds: number;
  planned_seconds: number;
  covered: number;
  intervals: number;
}

export interface Availability {
  period: string;
  start: string;
  end: string;
  until: string;
  targets: AvailabilityLine[];
  departments: AvailabilityLine[];
}

export interface Drift {
  interface_id: string;
  code: string;
  name: string;
  differences: { kind: string; field: string; text: Title; serious: boolean }[];
}

export interface Consumer {
  app_key: string;
  app: string | null;
  interface: string;
  calls: number;
  failed: number;
  bytes_out: number;
  last_at: string;
}

/** Well is good; on the way down or up is worth a look; not known is neither good nor bad. */
export function toneOfTarget(state: TargetState): Tone {
  return ({ ok: "good", suspect: "warn", recovering: "busy", down: "bad", unknown: "idle" } as const)[state];
}

export const watching = {
  wall: () => api.get<Wall>("/watch/wall"),
  history: (id: string) => api.get<History>(`/watch/targets/${id}/history`),
  incidents: (params: Record<string, string | string[]>) => api.get<Page<Incident>>("/watch/incidents", params),
  incident: (id: string) => api.get<IncidentDetail>(`/watch/incidents/${id}`),
  acknowledge: (id: string) => api.post<IncidentDetail>(`/watch/incidents/${id}/acknowledgement`, {}),
  comment: (id: string, text: string) => api.post<IncidentDetail>(`/watch/incidents/${id}/comments`, { text }),
  toCase: (id: string) => api.post<{ id: string; number: string }>(`/watch/incidents/${id}/case`, {}),
  silences: () => api.get<Page<Silence>>("/watch/silences", { size: "100" }),
  silence: (form: SilenceForm) => api.post<Silence>("/watch/silences", form),
  endSilence: (id: string) => api.delete<null>(`/watch/silences/${id}`),
  channels: () => api.get<Page<Channel>>("/watch/channels", { size: "100" }),
  addChannel: (form: ChannelForm) => api.post<Channel>("/watch/channels", form),
  changeChannel: (channel: Channel, changes: Partial<Omit<ChannelForm, "kind">> & { enabled?: boolean }) =>
    api.patch<Channel>(`/watch/channels/${channel.id}`, changes, `"${channel.version}"`),
  removeChannel: (id: string) => api.delete<null>(`/watch/channels/${id}`),
  tryChannel: (id: string) => api.post<null>(`/watch/channels/${id}/trial`, {}),
  deliveries: (id: string) => api.get<{ items: Delivery[] }>(`/watch/channels/${id}/deliveries`),
  availability: (period: string) => api.get<Availability>("/watch/availability", period ? { period } : {}),
  exportAvailability: (period: string) => download("/watch/availability/export", `availability-${period}.xlsx`, period ? { period } : {}),
  drift: () => api.get<{ items: Drift[] }>("/gateway/drift"),
  consumers: (days: string) => api.get<{ items: Consumer[] }>("/gateway/consumers", { days }),
};
