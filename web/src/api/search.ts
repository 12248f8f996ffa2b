import { api } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;
type Pieces = [string, boolean][];

export interface Hit {
  id: string;
  kind: Kind;
  code: string;
  name: string;
  status: string;
  department_id: string;
  department: string;
  path: string;
  title_pieces: Pieces;
  text_pieces: Pieces;
}
export interface Facet {
  value: string;
  label: string;
  count: number;
}
export interface Hits extends Page<Hit> {
  capped: boolean;
  scanned: boolean;
  complete: boolean;
  facets: Record<string, Facet[]> | null;
}
export interface SavedSearch {
  id: string;
  name: string;
  q: string;
  filters: Record<string, string>;
  notify: boolean;
  version: number;
  checked_at: string | null;
}

export const searches = {
  find: (params: ListParams) => api.get<Hits>("/catalog/search", params),
  saved: () => api.get<SavedSearch[] | { items: SavedSearch[] }>("/catalog/saved-searches").then((answer) => (Array.isArray(answer) ? answer : answer.items)),
  save: (body: { name: string; q: string; filters: Record<string, string>; notify: boolean }) => api.post<SavedSearch>("/catalog/saved-searches", body),
  drop: (id: string) => api.delete(`/catalog/saved-searches/${id}`),
};
