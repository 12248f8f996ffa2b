import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keys, type Pairs } from "@/i18n/define";
import { messages } from "@/i18n/messages";

const root = join(import.meta.dirname, "../src");

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(vue|ts)$/.test(name) ? [path] : [];
  });
}

function pairs(tree: Pairs, prefix = ""): [string, readonly [string, string]][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    Array.isArray(value)
      ? [[prefix + key, value as unknown as readonly [string, string]] as [string, readonly [string, string]]]
      : pairs(value as Pairs, `${prefix}${key}.`),
  );
}

describe("messages", () => {
  const known = new Set(keys(messages));

  it("has every literal key that a page asks for", () => {
    const missing: string[] = [];
    for (const path of sources(root)) {
      for (const [, key] of readFileSync(path, "utf8").matchAll(/[^\w]\$?t\(\s*"([\w.]+)"/g)) {
        if (!known.has(key!)) missing.push(`${path.slice(root.length)}: ${key}`);
      }
    }
    expect(missing).toEqual([]);
  });
  it("has a title for every page of the router", () => {
    const text = readFileSync(join(root, "router/routes.ts"), "utf8");
    for (const [, title] of text.matchAll(/(?:page|inner)\("[^"]+", "[^"]+", "(\w+)"/g)) {
      expect(known).toContain(`menu.${title}`);
    }
  });
  it("fills the same places in both languages", () => {
    const places = (text: string): string => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();
    expect(pairs(messages).filter(([, [zh, en]]) => places(zh) !== places(en))).toEqual([]);
  });
  it("speaks Chinese in Chinese and not in English", () => {
    const han = /[\u4e00-\u9fff]/;
    const bilingualOnPurpose = new Set(["app.language"]);
    const wrong = pairs(messages).filter(([key, [, en]]) => han.test(en) && !bilingualOnPurpose.has(key));
    expect(wrong).toEqual([]);
  });
  it("keeps characters out that the message compiler reads as syntax", () => {
    expect(pairs(messages).filter(([, [zh, en]]) => /[@|]/.test((zh + en).replaceAll("{'@'}", "")))).toEqual([]);
  });
});

describe("house rules", () => {
  it("keeps views and components at 300 lines or fewer", () => {
    const long = sources(root).filter((path) => readFileSync(path, "utf8").split("\n").length > 301 && !path.includes("schema.d"));
    expect(long).toEqual([]);
  });
  it("never renders unescaped HTML nor evaluates text", () => {
    const bad = sources(root).filter((path) => /v-html|\beval\(|new Function\(/.test(readFileSync(path, "utf8")));
    expect(bad).toEqual([]);
  });
});
