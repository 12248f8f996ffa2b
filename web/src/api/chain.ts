import { api } from "./client";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Overview {
  height: number;
  block_time: string | null;
  chain_id: number;
  peers: number;
  pending: number;
  transactions: number;
  contracts: { name: string; address: string; version?: string }[];
  streams: { name: string; size: number; waiting: number; state: string; reason?: string | null }[];
}

export interface Block {
  number: number;
  hash: string;
  parent_hash: string;
  time: string;
  sealer?: string;
  transactions: number;
  gas_used?: number;
}

export interface Transaction {
  hash: string;
  block_number: number;
  from: string;
  to: string | null;
  status: string;
  method?: string | null;
  time: string;
}

export interface Verification {
  ok: boolean;
  [key: string]: unknown;
}

export const chain = {
  overview: () => api.get<Overview>("/chain/overview"),
  blocks: (params: ListParams) => api.get<Page<Block>>("/chain/blocks", params),
  search: (q: string) => api.get<Record<string, unknown>>("/chain/search", { q }),
  verify: (proof: unknown) => api.post<Verification>("/chain/verify", proof, { anonymous: true }),
};
