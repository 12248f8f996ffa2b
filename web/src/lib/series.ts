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

export type Period = "hour" | "today" | "week" | "month" | "quarter";
const BEIJING_MS = 8 * 3600_000;

/** When a period of Beijing's calendar that runs now began; milliseconds since the epoch. */
export function since(period: Period, nowMs: number): number {
  if (period === "hour") return nowMs - 3600_000;
  const local = new Date(nowMs + BEIJING_MS);
  const [year, month, date] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  const first = {
    today: Date.UTC(year, month, date),
    week: Date.UTC(year, month, date - ((local.getUTCDay() + 6) % 7)),
    month: Date.UTC(year, month, 1),
    quarter: Date.UTC(year, month - (month % 3), 1),
  }[period];
  return first - BEIJING_MS;
}

/** Evenly spaced points from sparse ones, null where nothing was. Days are Beijing's. */
export function even<T extends { at: string }>(points: T[], startMs: number, endMs: number, seconds: number): { times: number[]; found: (T | null)[] } {
  const step = seconds * 1000;
  const offset = seconds === 86_400 ? BEIJING_MS : 0;
  const floor = (ms: number): number => Math.floor((ms + offset) / step) * step - offset;
  const byTime = new Map(points.map((one) => [floor(Date.parse(one.at)), one]));
  const times: number[] = [];
  for (let at = floor(startMs); at < endMs; at += step) times.push(at);
  return { times, found: times.map((at) => byTime.get(at) ?? null) };
}
