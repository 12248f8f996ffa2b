/** Messages are written once as [中文, English] pairs, so that neither language can be forgotten. */

export type Pair = readonly [string, string];
export interface Pairs {
  [key: string]: Pair | Pairs;
}
export interface Tree {
  [key: string]: string | Tree;
}

/** One language of a tree of pairs. */
export function pick(pairs: Pairs, language: 0 | 1): Tree {
  const tree: Tree = {};
  for (const [key, value] of Object.entries(pairs)) {
    tree[key] = Array.isArray(value) ? (value[language] as string) : pick(value as Pairs, language);
  }
  return tree;
}

/** Every dotted key of a tree of pairs. */
export function keys(pairs: Pairs, prefix = ""): string[] {
  return Object.entries(pairs).flatMap(([key, value]) =>
    Array.isArray(value) ? [prefix + key] : keys(value as Pairs, `${prefix}${key}.`),
  );
}
