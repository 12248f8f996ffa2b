import { describe, expect, it } from "vitest";
import { even, since, space } from "@/lib/series";

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

describe("periods of Beijing's calendar", () => {
  const now = Date.parse("2026-11-21T17:30:00Z"); // Sunday 22 November, 01:30 in Beijing
  it("begin at midnight in Beijing", () => {
    const began = (period: Parameters<typeof since>[0]): string => new Date(since(period, now)).toISOString();
    expect(began("today")).toBe("2026-11-21T16:00:00.000Z");
    expect(began("week")).toBe("2026-11-15T16:00:00.000Z");
    expect(began("month")).toBe("2026-10-31T16:00:00.000Z");
    expect(began("quarter")).toBe("2026-09-30T16:00:00.000Z");
    expect(since("hour", now)).toBe(now - 3600_000);
  });
  it("give points at every hour and every Beijing day", () => {
    const days = even([{ at: "2026-11-19T16:00:00Z" }], Date.parse("2026-11-18T16:00:00Z"), now, 86_400);
    expect(days.found.map((one) => one !== null)).toEqual([false, true, false, false]);
    expect(new Date(days.times[0]!).toISOString()).toBe("2026-11-18T16:00:00.000Z");
    expect(even([], now, now + 1, 3600).times).toEqual([Date.parse("2026-11-21T17:00:00Z")]);
  });
});
