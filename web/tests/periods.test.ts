import { describe, expect, it } from "vitest";
import { clockOf, isoWeek, minuteOf, quarterOf } from "../src/views/monitoring/periods";
import { peopleOf } from "../src/views/monitoring/people";

describe("periods of availability", () => {
  it.each([
    ["2026-11-22T12:00:00Z", "2026-W47", "2026-Q4"], ["2026-11-22T16:00:00Z", "2026-W48", "2026-Q4"],
    ["2027-01-01T00:00:00Z", "2026-W53", "2027-Q1"], ["2025-12-31T16:00:00Z", "2026-W01", "2026-Q1"],
  ])("%s is in %s and %s in Beijing", (at, week, quarter) => {
    expect([isoWeek(new Date(at)), quarterOf(new Date(at))]).toEqual([week, quarter]);
  });
  it("keeps minutes of a day", () => {
    expect([minuteOf("22:30"), clockOf(1350), minuteOf(""), clockOf(null)]).toEqual([1350, "22:30", null, ""]);
  });
  it("reads who is called", () => {
    expect(peopleOf(["13800000001 zhang", "13800000002"])).toEqual([{ number: "13800000001", username: "zhang" }, { number: "13800000002" }]);
  });
});
