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

const NARROWED = ["department_id", "status"];

/** Where a kept search opens: the search page, or the list of entries where it has filters that only the list knows. */
export function opensAt(one: SavedSearch): { path: string; query: Record<string, string> } {
  const filters = Object.fromEntries(Object.entries(one.filters).map(([key, value]) => [key, String(value)]));
  if (one.q && Object.keys(filters).every((key) => NARROWED.includes(key))) return { path: "/catalog/search", query: { q: one.q, ...filters } };
  const { department_id: department, ...rest } = filters;
  return { path: "/catalog", query: { ...(one.q ? { q: one.q } : {}), ...(department ? { under: `department:${department}` } : {}), ...rest } };
}

export const searches = {
  find: (params: ListParams) => api.get<Hits>("/catalog/search", params),
  saved: () => api.get<SavedSearch[]>("/catalog/saved-searches"),
  save: (body: { name: string; q: string; filters: Record<string, string>; notify: boolean }) => api.post<SavedSearch>("/catalog/saved-searches", body),
  change: (one: SavedSearch, now: { name?: string; notify?: boolean }) =>
    api.put<SavedSearch>(`/catalog/saved-searches/${one.id}`, { name: one.name, q: one.q, filters: one.filters, notify: one.notify, ...now }, { ifMatch: `"${one.version}"` }),
  drop: (id: string) => api.delete(`/catalog/saved-searches/${id}`),
};
