import { nextTick } from "vue";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useRemoteSearch, type Found } from "@/composables/useRemoteSearch";
import { showError } from "@/lib/showError";

vi.mock("@/lib/showError", () => ({ showError: vi.fn() }));

/** A search whose answers arrive when and in the order that the test says. */
function slow(initial: string[] = []) {
  const waiting = new Map<string, { answer: (found: Found<string>) => void; fail: (cause: unknown) => void }>();
  const ask = vi.fn((text: string) => new Promise<Found<string>>((answer, fail) => waiting.set(text, { answer, fail })));
  return { ask, waiting, ...useRemoteSearch(ask, initial) };
}

describe("choices found while typing", () => {
  beforeEach(() => vi.mocked(showError).mockClear());

  it("are those of the text typed last, although an older answer arrives after it", async () => {
    const it = slow();
    const first = it.find("王");
    const second = it.find("王府井");
    it.waiting.get("王府井")!.answer({ items: ["王府井街道"] });
    await second;
    expect([it.rows.value, it.busy.value]).toEqual([["王府井街道"], false]);
    it.waiting.get("王")!.answer({ items: ["王某"], more: true });
    await first;
    expect([it.rows.value, it.more.value]).toEqual([["王府井街道"], false]);
  });
  it("wait for the last text while an older answer is here already", async () => {
    const it = slow();
    const first = it.find("a");
    const second = it.find("ab");
    it.waiting.get("a")!.answer({ items: ["a"] });
    await first;
    expect([it.rows.value, it.busy.value]).toEqual([[], true]);
    it.waiting.get("ab")!.answer({ items: ["ab"], more: true });
    await second;
    expect([it.rows.value, it.more.value, it.busy.value]).toEqual([["ab"], true, false]);
  });
  it("are none after an error, which is told once; the next answer brings them back", async () => {
    const it = slow(["初"]);
    const failing = it.find("x");
    it.waiting.get("x")!.fail(new Error("down"));
    await failing;
    await nextTick();
    expect([it.rows.value, it.busy.value]).toEqual([[], false]);
    expect(vi.mocked(showError).mock.calls).toEqual([[new Error("down")]]);
    const again = it.find("x");
    it.waiting.get("x")!.answer({ items: ["x"] });
    await again;
    await nextTick();
    expect(it.rows.value).toEqual(["x"]);
    expect(showError).toHaveBeenCalledTimes(1);
  });
  it("say nothing of the error of a text that is no longer asked for", async () => {
    const it = slow();
    const first = it.find("a");
    const second = it.find("b");
    it.waiting.get("b")!.answer({ items: ["b"] });
    await second;
    it.waiting.get("a")!.fail(new Error("late"));
    await first;
    await nextTick();
    expect(it.rows.value).toEqual(["b"]);
    expect(showError).not.toHaveBeenCalled();
  });
  it("begin with those given, are asked for at the first focus where there are none, and may be empty", async () => {
    expect(slow(["初"]).rows.value).toEqual(["初"]);
    const it = slow();
    const opening = it.open();
    expect(it.ask.mock.calls).toEqual([[""]]);
    it.waiting.get("")!.answer({ items: [] });
    await opening;
    expect([it.rows.value, it.more.value]).toEqual([[], false]);
    const typed = it.find("  两 端 ");
    it.waiting.get("两 端")!.answer({ items: ["有"] });
    await typed;
    it.open();
    expect(it.ask).toHaveBeenCalledTimes(2);
  });
});
