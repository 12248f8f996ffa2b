import { describe, expect, it } from "vitest";
import { isFiltered, readState, safeNext, toParams, writeState } from "@/lib/urlState";

const defaults = { q: "", status: "", kinds: [] as string[] };

describe("list state in the URL", () => {
  it("reads defaults from an empty query and writes an empty query back", () => {
    const state = readState({}, defaults);
    expect(state).toEqual({ page: 1, size: 20, filters: { q: "", status: "", kinds: [] } });
    expect(writeState(state, defaults)).toEqual({});
  });
  it("round-trips every filter, page and size", () => {
    const state = { page: 3, size: 50, filters: { q: "停车 场", status: "draft", kinds: ["a", "b"] } };
    expect(readState(writeState(state, defaults), defaults)).toEqual(state);
  });
  it("falls back where the query is malformed or hostile", () => {
    for (const page of ["0", "-1", "1e9", "NaN", "9999999999"]) expect(readState({ page }, defaults).page).toBe(1);
    expect(readState({ size: "1000000" }, defaults).size).toBe(20);
    expect(readState({ q: ["a", "b"], unknown: "x" }, defaults).filters).toEqual({ q: "a", status: "", kinds: [] });
  });
  it("keeps what belongs to others on the same page, and drops its own old page", () => {
    expect(writeState(readState({}, defaults), defaults, { node: "7", page: "9", q: "old" })).toEqual({ node: "7" });
  });
  it("does not share the default array with the state", () => {
    (readState({}, defaults).filters.kinds as string[]).push("x");
    expect(defaults.kinds).toEqual([]);
  });
  it("sends only what is set", () => {
    expect(toParams(readState({ q: "a" }, defaults))).toEqual({ page: "1", size: "20", q: "a" });
    expect(isFiltered(readState({ q: "a" }, defaults).filters, defaults)).toBe(true);
    expect(isFiltered(readState({ page: "2" }, defaults).filters, defaults)).toBe(false);
    expect(isFiltered({ tab: "copies", q: "" }, { tab: "scopes", q: "" })).toBe(false);
  });
});

describe("where to go after signing in", () => {
  it("accepts paths of this console only", () => {
    expect(safeNext("/catalog?q=1")).toBe("/catalog?q=1");
    for (const bad of ["//evil.example", "/\\evil", "https://evil.example", "javascript:alert(1)", "/login", null, 7]) {
      expect(safeNext(bad)).toBe("/");
    }
  });
});
