import { api } from "./client";
import type { Kind } from "./catalog";
import type { Page } from "@/composables/useList";

export interface Comment {
  id: string;
  parent_id: string | null;
  body: string;
  author: string;
  author_department: string | null;
  created_at: string;
  edited_at: string | null;
  deleted: boolean;
  own: boolean;
  revision: number;
  mentions: { user_id: string; name: string }[];
  replies: Comment[];
}
export interface Favourite {
  node_kind: Kind;
  node_id: string;
  code: string;
  name: string;
  department: string;
  status: string;
  version: number;
  position: number;
}
export interface Subscription {
  id: string;
  target: string;
  target_id: string;
  label: string;
  created_at: string;
}
export interface UsagePoint {
  day: string;
  views: number;
  downloads: number;
  calls: number;
  failed: number;
}
export interface Usage {
  since: string;
  until: string;
  points: UsagePoint[];
  totals: Record<string, number>;
  favourites: number;
  followers: number;
  comments: number;
  demands: number;
}

export interface Unchanged {
  id: string;
  entry_id: string;
  period: string;
  period_zh: string;
  version: number;
  note: string | null;
  confirmed_name: string;
  at: string;
  revoked_at: string | null;
}
/** Whether an entry's data may be confirmed as unchanged in its present period, and the answers so far. */
export interface EntryUnchanged {
  entry_id: string;
  update_cycle: string | null;
  period: string | null;
  period_zh: string | null;
  can_confirm: boolean;
  reason_zh: string | null;
  reason_en: string | null;
  items: Unchanged[];
}

/** An entry that has neither update nor answer in its present period. */
export interface DueEntry {
  entry_id: string;
  code: string;
  name: string;
  department: string;
  update_cycle: string;
  period_zh: string;
  last_day: string;
  data_updated_at: string | null;
}

const at = (kind: Kind, id: string): string => `/catalog/nodes/${kind}/${id}/comments`;

export const collab = {
  comments: (kind: Kind, id: string, page: number) => api.get<Page<Comment> & { comments: number }>(at(kind, id), { page, size: 20 }),
  say: (kind: Kind, id: string, body: string, parent: string | null) => api.post<Comment>(at(kind, id), { body, ...(parent ? { parent_id: parent } : {}) }),
  edit: (one: Comment, body: string) => api.patch<Comment>(`/catalog/comments/${one.id}`, { body }, `"${one.revision}"`),
  drop: (id: string) => api.delete(`/catalog/comments/${id}`),
  favourites: () => api.get<{ items: Favourite[]; total: number }>("/catalog/favourites"),
  favour: (kind: Kind, id: string) => api.put(`/catalog/favourites/${kind}/${id}`, {}),
  unfavour: (kind: Kind, id: string) => api.delete(`/catalog/favourites/${kind}/${id}`),
  /** These come first, in this order; answers with the whole list. */
  order: (ids: string[]) => api.put<{ items: Favourite[]; total: number }>("/catalog/favourites/order", { node_ids: ids }),
  subscriptions: () => api.get<{ items: Subscription[]; total: number }>("/catalog/subscriptions"),
  subscribe: (target: string, id: string) => api.post<Subscription>("/catalog/subscriptions", { target, target_id: id }),
  unsubscribe: (id: string) => api.delete(`/catalog/subscriptions/${id}`),
  usage: (id: string, days: number) => api.get<Usage>(`/catalog/entries/${id}/usage`, { days }),
  unchanged: (id: string) => api.get<EntryUnchanged>(`/catalog/entries/${id}/unchanged`),
  unchangedDue: (params: Record<string, string | string[]>) => api.get<Page<DueEntry>>("/catalog/unchanged/due", params),
  /** For all of them or for none. */
  confirmUnchanged: (ids: string[], note: string) => api.post<{ count: number }>("/catalog/unchanged", { entry_ids: ids, note }),
  revokeUnchanged: (id: string, reason: string) => api.post<Unchanged>(`/catalog/unchanged/${id}/revocation`, { reason }),
};
