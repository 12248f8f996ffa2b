import { api, download } from "./client";
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
  tx_hashes?: string[];
}

export interface BlockList {
  items: Block[];
  total: number;
  next_before: number | null;
}

export interface Transaction {
  hash: string;
  sender: string;
  to: string | null;
  nonce: number;
  input_bytes: number;
  status: "pending" | "success" | "failed";
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
  blocks: (before: number | null, size = 20) => api.get<BlockList>("/chain/blocks", { before, size }),
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
