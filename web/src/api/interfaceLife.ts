import { api } from "./client";
import type { Definition, InterfaceDetail } from "./gateway";
import type { Page } from "@/composables/useList";

export interface Caller {
  app_key: string;
  name: string;
  department_id: string;
  calls: number;
}

export interface MaintenanceWindow {
  id: string;
  starts_at: string;
  ends_at: string;
  text: string;
  cancelled_at: string | null;
}

export interface PageLink {
  id: string;
  note: string;
  expires_at: string;
  revoked_at: string | null;
  created_at: string;
}

export interface Sample {
  name: string;
  command: string;
  text: string;
}

export interface Trial {
  id: string;
  app_id: string;
  environment: "production" | "test";
  status: number;
  request_id: string;
  made_at: string;
  expires_at: string;
}

export interface TrialDetail extends Trial {
  request: { method: string; path: string; query: string; body: string };
  answer: { status: number; headers: Record<string, string>; body: string };
}

export interface TrialInput {
  app_id: string;
  method: string;
  below: string;
  query: string;
  body: string;
}

export interface Finding {
  severity: "error" | "warning" | "info";
  text: string;
}

export interface Proposal {
  code: string;
  name: string;
  path: string;
  usable: boolean;
  definition: Definition | null;
  findings: Finding[];
}

export interface Description {
  entry_id: string;
  text: string;
  server: string;
  prefix: string;
}

export interface Need {
  id: string;
  number: string;
  department_id: string;
  title: string;
  content: string;
  matter: string;
  state: "open" | "matched" | "declined";
  entry_id: string | null;
  answer: string | null;
  submitted_name: string;
  submitted_at: string;
}

export interface TimelineEntry {
  at: string;
  action: string;
  actor_name: string;
  number: string;
  text: string;
}

const of = (id: string): string => `/gateway/interfaces/${id}`;

export const life = {
  test: (id: string) => api.post<InterfaceDetail>(`${of(id)}/test`),
  rollBack: (id: string, number: number) => api.post<InterfaceDetail>(`${of(id)}/revisions/${number}/roll-back`),
  canary: (id: string, opinion: string, share: number, app_ids: string[]) =>
    api.post<InterfaceDetail>(`${of(id)}/canary`, { opinion, share, app_ids }),
  endCanary: (id: string, how: "finish" | "stop", opinion: string) =>
    api.post<InterfaceDetail>(`${of(id)}/canary/${how}`, { opinion }),
  withdraw: (id: string, opinion: string) => api.post<InterfaceDetail>(`${of(id)}/withdraw-announcement`, { opinion }),
  urgent: (id: string, act: "approve" | "retire", opinion: string) =>
    api.post<InterfaceDetail>(`${of(id)}/${act}`, { opinion, urgent: true }),
  callers: (id: string) => api.get<{ days: number; items: Caller[] }>(`${of(id)}/callers`),

  windows: (id: string) => api.get<{ items: MaintenanceWindow[] }>(`${of(id)}/maintenance`),
  announce: (id: string, body: { starts_at: string; ends_at: string; text: string }) =>
    api.post<MaintenanceWindow>(`${of(id)}/maintenance`, body),
  cancelWindow: (id: string) => api.post<MaintenanceWindow>(`/gateway/maintenance/${id}/cancel`),

  page: (id: string) => `${of(id)}/page`,
  file: (id: string, name: string) => `${of(id)}/files/${name}`,
  samples: (id: string) => api.get<{ items: Sample[] }>(`${of(id)}/samples`),
  links: (id: string) => api.get<{ items: PageLink[] }>(`${of(id)}/links`),
  share: (id: string, note: string, days: number) => api.post<PageLink & { path: string }>(`${of(id)}/links`, { note, days }),
  revokeLink: (id: string) => api.post<PageLink>(`/gateway/links/${id}/revoke`),

  trials: (id: string) => api.get<{ items: Trial[] }>(`${of(id)}/trials`),
  tryOut: (id: string, body: TrialInput) => api.post<Trial>(`${of(id)}/trials`, body),
  trial: (id: string) => api.get<TrialDetail>(`/gateway/trials/${id}`),

  preview: (body: Description) => api.post<{ items: Proposal[] }>("/gateway/imports/preview", body),
  draft: (body: Description & { codes: string[] }) => api.post<{ codes: string[] }>("/gateway/imports/drafts", body),

  needs: (params: Record<string, string | string[]>) => api.get<Page<Need>>("/gateway/needs", params),
  fileNeed: (body: Pick<Need, "title" | "content" | "matter">) => api.post<Need>("/gateway/needs", body),
  answerNeed: (id: string, answer: string, entry_id: string | null) =>
    api.post<Need>(`/gateway/needs/${id}/answer`, { answer, entry_id }),
  timeline: (demand: string) => api.get<{ items: TimelineEntry[] }>(`/gateway/demands/${demand}/timeline`),
};
