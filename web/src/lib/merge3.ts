/** Three-way merge of a form: what was opened, what the server has now, what was typed. Nothing is dropped. */

export type Values = Record<string, unknown>;
export interface Clash {
  /** `abstract` for a field, `children/<id>/name` for a cell, `children/<id>` for a whole row. */
  path: string;
  field: string;
  row: string | null;
  base: unknown;
  theirs: unknown;
  mine: unknown;
}
export interface Merged {
  values: Values;
  /** Fields that only the other person changed, taken over without asking. */
  taken: Clash[];
  clashes: Clash[];
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** Merge plain fields; `keys` are the ones that the form edits. Clashing fields keep the typed value until decided. */
export function mergeFields(keys: string[], base: Values, theirs: Values, mine: Values): Merged {
  const merged: Merged = { values: { ...mine }, taken: [], clashes: [] };
  for (const field of keys) {
    if (same(theirs[field], base[field]) || same(theirs[field], mine[field])) continue;
    const clash = { path: field, field, row: null, base: base[field], theirs: theirs[field], mine: mine[field] };
    if (same(mine[field], base[field])) {
      merged.values[field] = theirs[field];
      merged.taken.push(clash);
    } else merged.clashes.push(clash);
  }
  return merged;
}

type Row = Values & { id?: string | null };
export interface MergedRows {
  rows: Row[];
  taken: Clash[];
  clashes: Clash[];
}

function index(rows: Row[]): Map<string, Row> {
  return new Map(rows.filter((row) => row.id).map((row) => [String(row.id), row]));
}

/**
 * Merge lists of small rows cell by cell. Rows are known by their id; rows without one are new and all stay.
 * A row that one side removed and the other changed is a clash; the order is that of `mine`.
 */
export function mergeRows(keys: string[], base: Row[], theirs: Row[], mine: Row[]): MergedRows {
  const before = index(base);
  const now = index(theirs);
  const typed = index(mine);
  const found: MergedRows = { rows: [], taken: [], clashes: [] };
  for (const row of mine) {
    const id = row.id ? String(row.id) : "";
    const was = before.get(id);
    const other = now.get(id);
    if (!id || !was) found.rows.push(row);
    else if (!other) {
      const changed = keys.some((key) => !same(row[key], was[key]));
      const clash: Clash = { path: `children/${id}`, field: "", row: id, base: was, theirs: null, mine: row };
      if (changed) {
        found.rows.push(row);
        found.clashes.push(clash);
      } else found.taken.push(clash);
    } else {
      const cells = mergeFields(keys, was, other, row);
      const named = (clash: Clash): Clash => ({ ...clash, path: `children/${id}/${clash.field}`, row: id });
      found.rows.push({ ...row, ...cells.values });
      found.taken.push(...cells.taken.map(named));
      found.clashes.push(...cells.clashes.map(named));
    }
  }
  for (const other of theirs) {
    const id = String(other.id);
    if (typed.has(id)) continue;
    const was = before.get(id);
    const clash: Clash = { path: `children/${id}`, field: "", row: id, base: was ?? null, theirs: other, mine: null };
    if (!was) {
      found.rows.push(other);
      found.taken.push(clash);
    } else if (keys.some((key) => !same(other[key], was[key]))) found.clashes.push(clash);
  }
  return found;
}

/** The rows after each clash was decided: `theirs` holds the paths where the server's side wins. */
export function settleRows(merged: MergedRows, theirs: Set<string>): Row[] {
  let rows = merged.rows.map((row) => ({ ...row }));
  for (const clash of merged.clashes) {
    if (!theirs.has(clash.path)) continue;
    const [, id, key] = clash.path.split("/");
    if (key) rows = rows.map((row) => (row.id === id ? { ...row, [key]: clash.theirs } : row));
    else if (clash.theirs === null) rows = rows.filter((row) => row.id !== id);
    else rows.push(clash.theirs as Row);
  }
  return rows;
}
