import { api, download, type Params } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Overview {
  chain_id: number;
  engine: string;
  label_zh: string;
  label_en: string;
  height: number;
  head_hash: string;
  head_at: string;
  transactions: number | null;
  pending: number | null;
  failure: string | null;
  tps_mean: number;
  tps_peak: number;
  failed: number;
  block_interval: number | null;
}

export interface Block {
  number: number;
  hash: string;
  parent_hash: string;
  at: string;
  transactions: number;
  gas_used: number;
  size: number;
  sealer: string;
  failed: number | null;
  interval: number | null;
  missed?: number | null;
  tx_hashes?: string[];
  items?: Transaction[] | null;
}

export interface BlockList {
  items: Block[];
  total: number;
  next_before: number | null;
}

export interface Label {
  kind: "contract" | "stream" | "account";
  name: string;
}

export interface Carried {
  department_id: string | null;
  department: string | null;
  stream: string;
  records: number;
}

export interface ChainEvent {
  block_number: number;
  log_index: number;
  at: string | null;
  tx_hash: string;
  address: string;
  contract: string;
  event: string;
  arguments: Record<string, unknown>;
  stream: string | null;
}

/** A list by place: `next_before` asks for what is older. */
export interface Older<T> {
  items: T[];
  next_before: string | null;
}

export interface Hit {
  kind: "block" | "transaction" | "address" | "department" | "contract" | "stream" | "object";
  value: string;
  title: string;
  hint: string | null;
}

export interface AddressInfo {
  address: string;
  label: Label | null;
  first_block: number | null;
  last_block: number | null;
}

export interface Activity {
  department_id: string | null;
  department: string | null;
  transactions: number;
  records: number;
  last_block: number | null;
}

export interface RunPoint {
  at: string;
  blocks: number;
  transactions: number;
  failed: number;
  peak: number;
  missed: number;
  interval_mean: number | null;
  interval_max: number | null;
}

export interface Run {
  indexed_height: number | null;
  indexed_at: string | null;
  blocks: number;
  empty: number;
  transactions: number;
  failed: number;
  gas_used: number;
  first_block: number | null;
  last_block: number | null;
  tps_mean: number;
  tps_peak: number;
  peak_at: string | null;
  interval_mean: number | null;
  interval_p50: number | null;
  interval_p99: number | null;
  interval_max: number | null;
  missed: number;
  no_turns: string | null;
  failures: Record<string, number>;
  sealers: Record<string, number>;
  width: number;
  points: RunPoint[];
}

export interface Transaction {
  hash: string;
  sender: string;
  to: string | null;
  nonce: number;
  input_bytes: number;
  status: "pending" | "success" | "failed";
  tx_index: number | null;
  at: string | null;
  gas_limit: number | null;
  contract: string | null;
  method: string | null;
  arguments: Record<string, unknown> | null;
  reason: string | null;
  reason_text: string | null;
  sender_label: Label | null;
  to_label: Label | null;
  events: ChainEvent[] | null;
  carried: Carried[] | null;
  block_number: number | null;
  gas_used: number | null;
  contract_address: string | null;
  logs: number | null;
}

export interface Point {
  at: string;
  blocks: number;
  transactions: number;
  failed: number;
}

export interface Release {
  id: string;
  environment: string;
  name: string;
  version: string;
  chain_id: number;
  address: string;
  tx_hash: string;
  deployer: string;
  state: "prepared" | "live" | "void" | "superseded";
  block_number: number | null;
  live_at: string | null;
}

export interface Stream {
  name: string;
  epoch: number;
  address: string;
  state: "open" | "halted";
  reason: string | null;
  size: number;
  anchored: number;
  waiting: number;
  last_seq: number;
  last_block: number | null;
  last_final_at: string | null;
  oldest_waiting_at: string | null;
}

export interface Verification {
  status: "authenticated" | "consistent" | "invalid";
  reasons: string[];
  facts: Record<string, unknown>;
  trust_fingerprint: string;
}

export interface Witness {
  id: string;
  name: string;
  department_id: string | null;
  department: string | null;
  key: string;
  url: string | null;
  state: "active" | "retired" | "revoked";
  signed: number;
  last_signed_at: string | null;
  problem: string | null;
  problem_stream: string | null;
  problem_at: string | null;
  created_at: string;
}

export interface WitnessList {
  items: Witness[];
  quorum: number;
}

export const chain = {
  overview: () => api.get<Overview>("/chain/overview"),
  metrics: (start: Date, seconds: number) =>
    api.get<{ seconds: number; items: Point[] }>("/chain/metrics", { start: start.toISOString(), seconds }),
  blocks: (before: number | null, busy = false, size = 20) => api.get<BlockList>("/chain/blocks", { before, busy, size }),
  transactions: (params: Params) => api.get<Older<Transaction>>("/chain/transactions", params),
  events: (params: Params) => api.get<Older<ChainEvent>>("/chain/events", params),
  address: (address: string) => api.get<AddressInfo>(`/chain/addresses/${address}`),
  departments: (start: string, end: string) => api.get<{ items: Activity[] }>("/chain/departments", { start, end }),
  search: (q: string) => api.get<{ items: Hit[] }>("/chain/search", { q }),
  run: (start: string, end: string) => api.get<Run>("/chain/run", { start, end }),
  export: (body: Params) => api.post<{ job_id: string }>("/chain/exports", body),
  exported: (job: string, name: string) => download(`/chain/exports/${job}/file`, name),
  block: (number: number) => api.get<Block>(`/chain/blocks/${number}`),
  transaction: (hash: string) => api.get<Transaction>(`/chain/transactions/${hash}`),
  contracts: (params: ListParams) => api.get<Page<Release>>("/chain/contracts", params),
  streams: () => api.get<Page<Stream>>("/chain/anchors/streams"),
  /** The file's bytes go unchanged: a proof is canonical to the last byte. */
  verify: (proof: Blob) => api.post<Verification>("/chain/verify", proof, { anonymous: true }),
  proof: (type: string, id: string, version: number, name: string) =>
    download(`/chain/proofs/${type}/${id}/${version}`, name),
  trust: () => download("/chain/trust", "trust.json"),
  certificate: (type: string, id: string, version: number, name: string) =>
    download(`/chain/certificates/${type}/${id}/${version}`, name),
  witnesses: () => api.get<WitnessList>("/chain/witnesses"),
  addWitness: (body: { name: string; key: string; url: string | null; department_id: string | null }) =>
    api.post<Witness>("/chain/witnesses", body),
  endWitness: (id: string, revoke: boolean) => api.post<Witness>(`/chain/witnesses/${id}/end`, { revoke }),
  setQuorum: (quorum: number) => api.put<{ quorum: number }>("/chain/witness-quorum", { quorum }),
};
