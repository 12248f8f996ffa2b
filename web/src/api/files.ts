import { api, fetchFile } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface FileResource {
  id: string;
  code: string;
  name: string;
  department_id: string;
  entry_id: string | null;
  file_name: string;
  size: number;
  state: string;
  created_by: string;
  created_at: string;
}

export interface FileRequest {
  id: string;
  resource_id: string;
  purpose: string;
  state: string;
  approval_id: string | null;
  valid_until: string | null;
  created_at: string;
}

export interface FileDownload {
  request_id: string;
  at: string;
  user_name: string;
  digest: string;
  marked: boolean;
}

export const fileResources = {
  list: (params: ListParams) => api.get<Page<FileResource>>("/gateway/files", params),
  publish: (query: { code: string; name: string; department_id: string; file_name: string }, file: File) =>
    api.post<FileResource>("/gateway/files", new Blob([file], { type: "application/octet-stream" }), { query }),
  withdraw: (id: string, reason: string) => api.post<FileResource>(`/gateway/files/${id}/withdrawal`, { reason }),
  downloads: (id: string) => api.get<Page<FileDownload>>(`/gateway/files/${id}/downloads`, { size: 200 }),
  apply: (id: string, reason: string) => api.post<FileRequest>(`/gateway/files/${id}/requests`, { reason }),
  mine: () => api.get<Page<FileRequest>>("/gateway/files/requests/mine", { size: 200 }),
  download: (request: string) => fetchFile(`/gateway/files/requests/${request}/download`, "file"),
};
