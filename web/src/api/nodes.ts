import { api } from "./client";
import type { Page } from "@/composables/useList";
import type { Tone } from "@/lib/status";

interface Title {
  zh: string;
  en: string;
}

export interface Sample {
  at: string;
  state: string;
  height: number | null;
  head_at: string | null;
  pending: number | null;
  latency: number | null;
  version: string | null;
  reason: string | null;
  lag: number | null;
  peers: number | null;
  skew: number | null;
}

export interface ChainNode {
  id: string;
  name: string;
  url: string;
  role: "validator" | "observer";
  department_id: string | null;
  own: boolean;
  enabled: boolean;
  managed: boolean;
  enode: string | null;
  signer: string | null;
  contact: string;
  declared: string[];
  engine: string | null;
  validator: boolean;
  state: string;
  state_title: Title;
  since: string | null;
  drift: string[];
  version: number;
  latest: Sample | null;
}

export interface NodeList extends Page<ChainNode> {
  engine: string | null;
  validators: string[] | null;
  quorum: number | null;
  safe: number | null;
}

export interface Hour {
  hour: string;
  samples: number;
  states: Record<string, number>;
  height: number | null;
  lag_max: number;
  latency_mean: number;
  latency_max: number;
}

export interface Looked {
  state: string;
  state_title: Title;
  reason: string | null;
  engine: string | null;
  version: string | null;
  height: number | null;
  enode: string | null;
  signer: string | null;
  peers: number | null;
  same_chain: boolean | null;
}

export interface Vote {
  id: string;
  node_id: string;
  address: string;
  add: boolean;
  reason: string;
  state: "casting" | "passed" | "expired" | "refused";
  outcome: string;
  casts: Record<string, string>;
  maker_name: string;
  checker_name: string;
  created_at: string;
  finished_at: string | null;
}

export interface Account {
  id: string;
  address: string;
  note: string;
  department_id: string | null;
  created_at: string;
}

export interface DepartmentLine {
  department_id: string | null;
  nodes: number;
  validators: number;
  running: number;
  worst: string;
  worst_title: Title;
  lag: number | null;
}

export interface NodeForm {
  name: string;
  url: string;
  department_id: string | null;
  enode: string | null;
  signer: string | null;
  managed: boolean;
  declared: string[];
  contact: string;
}

/** A node that takes part is good; one that is late or has a wrong clock is worth a look; anything else is bad. */
export function toneOfNode(state: string): Tone {
  if (state === "ok" || state === "idle") return "good";
  if (state === "unknown") return "idle";
  return state === "lagging" || state === "clock" ? "warn" : "bad";
}

export const nodes = {
  list: () => api.get<NodeList>("/chain/nodes"),
  departments: () => api.get<{ items: DepartmentLine[] }>("/chain/nodes/departments"),
  samples: (id: string) => api.get<{ items: Sample[] }>(`/chain/nodes/${id}/samples`),
  hours: (id: string) => api.get<{ items: Hour[] }>(`/chain/nodes/${id}/hours`),
  look: (url: string, declared: string[]) => api.get<Looked>("/chain/nodes/look", { url, declared }),
  register: (form: NodeForm) => api.post<ChainNode>("/chain/nodes", form),
  configure: (node: ChainNode, changes: Partial<NodeForm> & { enabled?: boolean }) =>
    api.patch<ChainNode>(`/chain/nodes/${node.id}`, changes, `"${node.version}"`),
  propose: (id: string, add: boolean, reason: string) =>
    api.post<{ approval_id: string }>(`/chain/nodes/${id}/votes`, { add, reason }),
  votes: () => api.get<Page<Vote>>("/chain/nodes/votes", { size: "20" }),
  accounts: () => api.get<{ items: Account[]; enforced: "none" | "rpc" | "node" | "block" }>("/chain/nodes/accounts"),
  allow: (address: string, note: string) => api.post<Account>("/chain/nodes/accounts", { address, note }),
  strike: (id: string) => api.delete<null>(`/chain/nodes/accounts/${id}`),
};
