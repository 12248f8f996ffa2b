import { afterEach, describe, expect, it, vi } from "vitest";
import { api, background } from "@/api/client";
import { fromPicker, toPicker } from "@/lib/dates";
import { readText } from "@/lib/readText";

describe("text files of spreadsheet programs", () => {
  // "代码,名称" as Chinese Excel saves csv
  const gb = new Uint8Array([0xb4, 0xfa, 0xc2, 0xeb, 0x2c, 0xc3, 0xfb, 0xb3, 0xc6]);
  it("are read in UTF-8, GB18030 and marked UTF-16", () => {
    expect(readText(new TextEncoder().encode("代码,名称"))).toBe("代码,名称");
    expect(readText(gb)).toBe("代码,名称");
    expect(readText(new Uint8Array([0xff, 0xfe, 0xe3, 0x4e]))).toBe("代");
  });
  it("are refused where they are none of these", () => {
    expect(() => readText(new Uint8Array([0xb4, 0xfa, 0xff, 0xff]))).toThrow(TypeError);
  });
});

describe("what a date picker holds", () => {
  it("is Beijing time whatever the desktop's zone", () => {
    expect(toPicker("2026-11-21T03:04:05.000006Z")).toBe("2026-11-21 11:04:05");
    expect(fromPicker("2026-11-21 11:04:05")).toBe("2026-11-21T03:04:05.000000Z");
  });
});

describe("requests that a timer begins", () => {
  afterEach(() => vi.unstubAllGlobals());
  it("say so, and only they", async () => {
    const seen: (string | null)[] = [];
    vi.stubGlobal("fetch", async (_: string, given: { headers: Headers }) => {
      seen.push(given.headers.get("X-Background"));
      return new Response("{}");
    });
    await background(() => api.get("/notices"));
    await api.get("/notices");
    expect(() => background(() => { throw new Error("x"); })).toThrow("x");
    await api.post("/notices/read");
    expect(seen).toEqual(["1", null, null]);
  });
});
