/** Turning the chain's sparse minute sums into evenly spaced series for a chart. */

export interface Sums {
  at: string;
  blocks: number;
  transactions: number;
}

export interface Spaced {
  times: number[];
  transactions: number[];
  /** Blocks of the interval; an interval without one has no mean block interval. */
  blocks: number[];
  intervalSeconds: (number | null)[];
  /** Height at the end of each interval, counted back from the height now. */
  heights: number[];
}

/** `items` leave out empty intervals; `end` is exclusive. Milliseconds since the epoch throughout. */
export function space(items: Sums[], startMs: number, endMs: number, seconds: number, height: number): Spaced {
  const step = seconds * 1000;
  const first = Math.floor(startMs / step) * step;
  const size = Math.max(0, Math.ceil((endMs - first) / step));
  const byTime = new Map(items.map((item) => [Math.floor(Date.parse(item.at) / step) * step, item]));
  const times = Array.from({ length: size }, (_, index) => first + index * step);
  const blocks = times.map((time) => byTime.get(time)?.blocks ?? 0);
  const heights = new Array<number>(size);
  let above = height;
  for (let index = size - 1; index >= 0; index -= 1) {
    heights[index] = above;
    above -= blocks[index]!;
  }
  return {
    times,
    transactions: times.map((time) => byTime.get(time)?.transactions ?? 0),
    blocks,
    intervalSeconds: blocks.map((count) => (count > 0 ? Math.round((seconds / count) * 10) / 10 : null)),
    heights,
  };
}

/** What a search text on the chain means; hex of 64 digits may be a transaction only (blocks go by number). */
export function chainTarget(text: string): { kind: "block"; number: number } | { kind: "tx"; hash: string } | null {
  const given = text.trim().toLowerCase();
  if (/^\d{1,15}$/.test(given)) return { kind: "block", number: Number(given) };
  const hex = given.startsWith("0x") ? given : `0x${given}`;
  return /^0x[0-9a-f]{64}$/.test(hex) ? { kind: "tx", hash: hex } : null;
}
