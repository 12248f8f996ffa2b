import { describe, expect, it } from "vitest";
import { bytes, count, dateTime, day, deadline, duration, percent, plain, shortHash } from "@/lib/format";

describe("instants", () => {
  it("shows UTC instants in Beijing time whatever the desktop's own zone is", () => {
    expect(dateTime("2026-11-21T03:04:05.000006Z")).toBe("2026-11-21 11:04:05");
    expect(dateTime("2026-12-31T16:00:00Z")).toBe("2027-01-01 00:00:00");
    expect(dateTime("2026-11-21T03:04:05Z", false)).toBe("2026-11-21 11:04");
  });
  it("shows a dash for nothing and for text that is no instant", () => {
    expect(dateTime(null)).toBe("—");
    expect(dateTime("yesterday")).toBe("—");
  });
  it("shows the end of a day as that day, and any other deadline to the minute", () => {
    expect(deadline("2026-12-04T16:00:00Z")).toBe("2026-12-04");
    expect(deadline("2026-12-04T16:00:01Z")).toBe("2026-12-05 00:00");
    expect(deadline("2026-11-21T03:04:05Z")).toBe("2026-11-21 11:04");
    expect(deadline(null)).toBe("—");
  });
  it("takes the business day of an instant and leaves a plain date alone", () => {
    expect(day("2026-03-31T17:00:00Z")).toBe("2026-04-01");
    expect(day("2026-03-31")).toBe("2026-03-31");
    expect(day(undefined)).toBe("—");
  });
});

describe("numbers", () => {
  it("groups digits, also of decimal strings beyond 2^53", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect(count("90071992547409931234")).toBe("90,071,992,547,409,931,234");
    expect(count(-1200.5)).toBe("-1,200.5");
    expect(count(0)).toBe("0");
    expect(count(null)).toBe("—");
  });
  it("has no share of an empty whole", () => {
    expect(percent(1, 3)).toBe("33.3%");
    expect(percent(0, 0)).toBe("—");
  });
  it("names sizes and durations", () => {
    expect(bytes(1023)).toBe("1023 B");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(duration(59.4)).toBe("59 s");
    expect(duration(185)).toBe("3 min 05 s");
    expect(duration(7800)).toBe("2 h 10 min");
    expect(duration(Infinity)).toBe("—");
  });
});

describe("values", () => {
  it("shortens a digest in the middle only when that saves room", () => {
    expect(shortHash("a".repeat(64))).toBe("aaaaaaaaaa…aaaaaa");
    expect(shortHash("short")).toBe("short");
  });
  it("writes any JSON value on one line", () => {
    expect(plain(["表格", "接口"])).toBe("表格、接口");
    expect(plain({ a: 1 })).toBe('{"a":1}');
    expect(plain(false)).toBe("false");
    expect(plain("")).toBe("—");
  });
});
