import { describe, expect, it } from "vitest";
import { chainTarget, space } from "@/lib/series";

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 3, minute)).toISOString();

describe("series for charts", () => {
  it("fills empty minutes and counts heights back from the height now", () => {
    const items = [{ at: at(1), blocks: 2, transactions: 7 }, { at: at(3), blocks: 4, transactions: 0 }];
    const found = space(items, Date.parse(at(0)), Date.parse(at(4)), 60, 100);
    expect(found.transactions).toEqual([0, 7, 0, 0]);
    expect(found.heights).toEqual([94, 96, 96, 100]);
    expect(found.intervalSeconds).toEqual([null, 30, null, 15]);
  });
  it("starts on a whole interval and is empty for an empty span", () => {
    expect(space([], Date.parse(at(0)) + 20_000, Date.parse(at(1)), 60, 5).times).toEqual([Date.parse(at(0))]);
    expect(space([], 1000, 1000, 1, 5).heights).toEqual([]);
  });
});

describe("one search box", () => {
  it("tells heights from hashes and refuses the rest", () => {
    expect(chainTarget(" 17 ")).toEqual({ kind: "block", number: 17 });
    expect(chainTarget("AB".repeat(32))).toEqual({ kind: "tx", hash: `0x${"ab".repeat(32)}` });
    for (const text of ["", "0x12", "../etc", "1".repeat(16)]) expect(chainTarget(text)).toBeNull();
  });
});
