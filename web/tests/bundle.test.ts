/** Holds for the built bundle; without one the tests say so and are skipped. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../mulian/console");
const built = existsSync(join(folder, "manifest.json"));

interface Chunk {
  file: string;
  imports?: string[];
}

describe.skipIf(!built)("the built bundle (run `npm run build` first)", () => {
  const manifest = built ? (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<string, Chunk>) : {};
  const scripts = built ? readdirSync(join(folder, "assets")).filter((name) => name.endsWith(".js")) : [];

  function closure(keys: string[], found = new Set<string>()): Set<string> {
    for (const key of keys) {
      if (found.has(key)) continue;
      found.add(key);
      closure(manifest[key]?.imports ?? [], found);
    }
    return found;
  }

  it("parses as ES2020 for browsers of the Chrome 87 generation", () => {
    for (const name of scripts) {
      const text = readFileSync(join(folder, "assets", name), "utf8");
      expect(() => parse(text, { ecmaVersion: 2020, sourceType: "module" }), name).not.toThrow();
    }
  }, 60_000);
  it("loads at most 350 kB of compressed script for sign-in and for the workbench", () => {
    for (const view of ["src/views/login/LoginView.vue", "src/views/work/WorkbenchView.vue"]) {
      const files = [...closure(["index.html", "src/layout/AppLayout.vue", view])].map((key) => manifest[key]!.file);
      const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
      expect(total).toBeLessThan(350 * 1024);
    }
  });
  it("has no inline script or style, and names no foreign address in its page", () => {
    const html = readFileSync(join(folder, "index.html"), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
  it("keeps the charts out of the first route", () => {
    const first = [...closure(["index.html"])].map((key) => manifest[key]!.file);
    expect(first.some((file) => readFileSync(join(folder, file), "utf8").includes("zrender"))).toBe(false);
  });
});
