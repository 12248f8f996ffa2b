import { describe, expect, it } from "vitest";
import type { Grant } from "@/api/gateway";
import { emptyForm, fromDefinition, toDefinition } from "@/views/gateway/definition";
import { newQuota, quotaParts, usedParts } from "@/views/gateway/quota";

const t = (key: string): string => key;

describe("quota", () => {
  it("names the limits that were asked for and none of the zeros", () => {
    expect(quotaParts(newQuota(), t)).toEqual(["demand.calls 1,000"]);
    const all = { calls_per_day: 5, calls_per_month: 60, calls_per_second: 2, bytes_per_day: 1_000_000, bytes_per_month: 2_000_000 };
    expect(quotaParts(all, t).map((part) => part.split(" ")[0])).toEqual([
      "demand.calls", "demand.callsMonth", "demand.callsSecond", "demand.bytesDay", "demand.bytesMonth",
    ]);
  });

  it("shows what is used of each limit", () => {
    const grant = { used_today: 3, quota_day: 5, used_month: 9, quota_month: 0, bytes_today: 10, bytes_day: 0, bytes_this_month: 20, bytes_month: 100 } as Grant;
    expect(usedParts(grant, t)).toHaveLength(2);
    expect(usedParts(grant, t)[0]).toBe("demand.used 3 / 5");
  });

  it("keeps an interface audited when its definition is edited", () => {
    const form = { ...emptyForm(), audited: true, waives_limits: true };
    expect(fromDefinition(toDefinition(form))).toMatchObject({ audited: true, waives_limits: true });
  });
});
