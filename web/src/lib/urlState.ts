/** List state lives in the URL, so that a page can be reloaded, bookmarked and sent to a colleague. */

export type FilterValue = string | string[];
export type Filters = Record<string, FilterValue>;
export type Query = Record<string, string | null | (string | null)[] | undefined>;

export interface ListState {
  page: number;
  size: number;
  filters: Filters;
}

export const SIZES = [20, 50, 100, 200];
const DEFAULT_SIZE = 20;

function first(value: Query[string]): string {
  const one = Array.isArray(value) ? value[0] : value;
  return one ?? "";
}

function positive(text: string, fallback: number): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : fallback;
}

/** Read a list's state from a route query; anything unknown or malformed falls back to its default. */
export function readState(query: Query, defaults: Filters): ListState {
  const filters: Filters = {};
  for (const [key, fallback] of Object.entries(defaults)) {
    const raw = query[key];
    if (raw === undefined) filters[key] = Array.isArray(fallback) ? [...fallback] : fallback;
    else if (Array.isArray(fallback)) {
      filters[key] = (Array.isArray(raw) ? raw : [raw]).filter((item): item is string => !!item);
    } else filters[key] = first(raw);
  }
  const size = positive(first(query.size), DEFAULT_SIZE);
  return { page: positive(first(query.page), 1), size: SIZES.includes(size) ? size : DEFAULT_SIZE, filters };
}

function same(a: FilterValue, b: FilterValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The query of a state; what equals its default is left out, foreign keys of `keep` stay. */
export function writeState(state: ListState, defaults: Filters, keep: Query = {}): Query {
  const query: Query = {};
  for (const [key, value] of Object.entries(keep)) {
    if (!(key in defaults) && key !== "page" && key !== "size") query[key] = value;
  }
  for (const [key, value] of Object.entries(state.filters)) {
    if (!same(value, defaults[key] ?? "")) query[key] = value;
  }
  if (state.page > 1) query.page = String(state.page);
  if (state.size !== DEFAULT_SIZE) query.size = String(state.size);
  return query;
}

/** True when any filter differs from its default: an empty result then means "no match". A tab chooses a list, it filters none. */
export function isFiltered(filters: Filters, defaults: Filters): boolean {
  return Object.entries(filters).some(([key, value]) => key !== "tab" && !same(value, defaults[key] ?? ""));
}

/** Parameters for the API: empty filters are not sent. */
export function toParams(state: ListState): Record<string, string | string[]> {
  const params: Record<string, string | string[]> = { page: String(state.page), size: String(state.size) };
  for (const [key, value] of Object.entries(state.filters)) {
    if (value.length > 0) params[key] = value;
  }
  return params;
}

/** Only a path of this console may follow a sign-in; anything else would be an open redirect. */
export function safeNext(next: unknown): string {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}
