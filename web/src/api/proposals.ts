import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Proposal {
  id: string;
  kind: "items" | "table";
  name: string;
  entry_id: string | null;
  department_id: string;
  content: { name: string; name_zh?: string; data_type?: string }[];
  evidence: string;
  state: "open" | "accepted" | "declined";
  result_id: string | null;
  created_name: string;
  created_at: string;
  decided_name: string | null;
  decided_at: string | null;
}

export const proposals = {
  list: (params: ListParams) => api.get<Page<Proposal>>("/catalog/proposals", params),
  fromAbstracts: (department: string | null) => api.post<{ job_id: string }>("/catalog/proposals/abstracts", department ? { department_id: department } : {}),
  fromHeaders: (file: File) => {
    const body = new FormData();
    body.append("file", file);
    return api.post<{ files: number; new: number; known: number; homeless: unknown[] | number; unreadable: unknown[] | number }>("/catalog/proposals/headers", body);
  },
  accept: (id: string, body: Record<string, unknown>) => api.post(`/catalog/proposals/${id}/accept`, body),
  decline: (id: string) => api.post(`/catalog/proposals/${id}/decline`),
  acceptMany: (ids: string[]) => api.post<{ accepted: number; left: unknown[] | number }>("/catalog/proposals/accept", { ids }),
};
