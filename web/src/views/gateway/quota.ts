import type { Grant } from "@/api/gateway";
import { bytes, count } from "@/lib/format";

export const MEGABYTE = 1_000_000;

/** What a demand asks for; 0 asks for no limit of that kind. */
export interface Quota {
  calls_per_day: number;
  calls_per_month: number;
  calls_per_second: number;
  bytes_per_day: number;
  bytes_per_month: number;
}

export function newQuota(): Quota {
  return { calls_per_day: 1000, calls_per_month: 0, calls_per_second: 0, bytes_per_day: 0, bytes_per_month: 0 };
}

/** The limits that were asked for, each with its name: none of the zeros. */
export function quotaParts(quota: Quota, t: (key: string) => string): string[] {
  const parts: [string, string][] = [
    ["demand.calls", count(quota.calls_per_day)],
    ["demand.callsMonth", quota.calls_per_month ? count(quota.calls_per_month) : ""],
    ["demand.callsSecond", quota.calls_per_second ? count(quota.calls_per_second) : ""],
    ["demand.bytesDay", quota.bytes_per_day ? bytes(quota.bytes_per_day) : ""],
    ["demand.bytesMonth", quota.bytes_per_month ? bytes(quota.bytes_per_month) : ""],
  ];
  return parts.filter(([, value]) => value !== "").map(([key, value]) => `${t(key)} ${value}`);
}

/** Used of allowed, for the spans that are limited. */
export function usedParts(grant: Grant, t: (key: string) => string): string[] {
  const parts: [string, string, number][] = [
    ["demand.used", `${count(grant.used_today)} / ${count(grant.quota_day)}`, grant.quota_day],
    ["demand.usedMonth", `${count(grant.used_month)} / ${count(grant.quota_month)}`, grant.quota_month],
    ["demand.bytesToday", `${bytes(grant.bytes_today)} / ${bytes(grant.bytes_day)}`, grant.bytes_day],
    ["demand.bytesThisMonth", `${bytes(grant.bytes_this_month)} / ${bytes(grant.bytes_month)}`, grant.bytes_month],
  ];
  return parts.filter(([, , limit]) => limit > 0).map(([key, value]) => `${t(key)} ${value}`);
}
