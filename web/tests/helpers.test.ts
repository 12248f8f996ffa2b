import { describe, expect, it } from "vitest";
import { newKey, url } from "@/api/client";
import { opensAt } from "@/api/search";
import { diffRows } from "@/lib/diff";
import { linesOf, rowsOf } from "@/lib/lines";
import { quotaOf } from "@/lib/quota";
import { toneOf } from "@/lib/status";

describe("side-by-side difference", () => {
  it("tells changed, added, removed and same apart, labelled fields first", () => {
    const rows = diffRows({ b: 1, name: "旧", gone: "x" }, { name: "新", b: 1, fresh: ["a", "b"] }, { name: "名称" });
    expect(rows.map((row) => [row.label, row.kind])).toEqual([
      ["名称", "changed"], ["b", "same"], ["gone", "removed"], ["fresh", "added"],
    ]);
    expect(rows[3]!.after).toBe("a、b");
  });
  it("does not see a change in the order of keys, but does in the order of items", () => {
    expect(diffRows({ x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }, {})[0]!.kind).toBe("same");
    expect(diffRows({ x: [1, 2] }, { x: [2, 1] }, {})[0]!.kind).toBe("changed");
  });
  it("does not take 1 for the text 1", () => {
    expect(diffRows({ x: 1 }, { x: "1" }, {})[0]!.kind).toBe("changed");
  });
});

describe("a pasted column", () => {
  it("keeps its blank rows where identifiers go back beside them, but not those at the end", () => {
    expect(rowsOf("一\r\n\n 二 \n\n")).toEqual(["一", "", "二"]);
    expect(linesOf("\n一\n\n二")).toEqual(["一", "二"]);
    expect(rowsOf("\n ")).toEqual([]);
  });
});

describe("status tones", () => {
  it("never shows an unknown token as good", () => {
    expect(toneOf("published")).toBe("good");
    expect(toneOf("pub_rejected")).toBe("warn");
    expect(toneOf("something new")).toBe("idle");
    expect(toneOf(null)).toBe("idle");
  });
});

describe("requests", () => {
  it("makes version 4 UUIDs for the Idempotency-Key", () => {
    expect(newKey()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newKey()).not.toBe(newKey());
  });
  it("leaves out what is empty and repeats lists", () => {
    expect(url("/users", { q: "", page: 2, roles: ["a", "b"], none: null })).toBe("/api/v1/users?page=2&roles=a&roles=b");
  });
});

describe("kept searches", () => {
  const kept = { id: "1", name: "n", notify: false, version: 1, checked_at: null };
  it("open on the search page with words and what it can narrow by, else in the list", () => {
    expect(opensAt({ ...kept, q: "养老", filters: { status: "published" } })).toEqual({ path: "/catalog/search", query: { q: "养老", status: "published" } });
    expect(opensAt({ ...kept, q: "", filters: { department_id: "d" } })).toEqual({ path: "/catalog", query: { under: "department:d" } });
    expect(opensAt({ ...kept, q: "养老", filters: { share_type: "none", department_id: "d" } })).toEqual({
      path: "/catalog", query: { q: "养老", under: "department:d", share_type: "none" },
    });
  });
});

describe("a daily quota as somebody typed it", () => {
  it("takes whole numbers from 1 to 5,000,000, with thousands marks", () => {
    expect([" 20000 ", "20,000", "20，000", "5000000", "1"].map(quotaOf)).toEqual([20000, 20000, 20000, 5000000, 1]);
  });
  it("takes nothing else", () => {
    expect(["", "0", "-1", "1.5", "5000001", "1e6", "二万", "99999999"].map(quotaOf)).toEqual(Array(8).fill(null));
  });
});
