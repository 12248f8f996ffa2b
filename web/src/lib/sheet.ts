/** The rules of an editable grid: what a pasted block means, what a cell accepts, filling down. No DOM in here. */

export interface SheetOption {
  value: string;
  label: string;
}
export interface SheetColumn {
  key: string;
  label: string;
  type: "text" | "integer" | "select" | "flag";
  width: number;
  options?: SheetOption[];
  required?: boolean;
  max?: number;
  /** What an empty cell becomes. */
  empty?: unknown;
}
export interface SheetRow {
  /** Stable while the grid is shown; the server's id is `id`. */
  key: number;
  id: string | null;
  cells: Record<string, unknown>;
  /** What a person typed and the column cannot take; it stays in the cell until it is corrected. */
  raw: Record<string, string>;
}
export interface Place {
  row: number;
  column: number;
}
export type Fault = "required" | "tooLong" | "integer" | "option" | "flag";

let last = 0;

export function newRow(columns: SheetColumn[], values: Record<string, unknown> = {}): SheetRow {
  const cells = Object.fromEntries(columns.map((column) => [column.key, values[column.key] ?? column.empty ?? null]));
  return { key: (last += 1), id: (values.id as string | undefined) ?? null, cells, raw: {} };
}

/** The clipboard of a spreadsheet: tabs, line breaks, quoted cells with breaks and doubled quotes inside. */
export function parseBlock(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (quoted) {
      if (char === '"' && text[at + 1] === '"') cell += text[(at += 1)];
      else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === "\t") {
      row.push(cell);
      cell = "";
    } else if (char === "\n" || char === "\r") {
      if (char === "\r" && text[at + 1] === "\n") at += 1;
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else cell += char;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows;
}

const YES = new Set(["是", "y", "yes", "true", "1", "√", "✓", "✔"]);
const NO = new Set(["否", "n", "no", "false", "0", "×", "✗", ""]);

function fold(text: string): string {
  return text.normalize("NFKC").trim().toLowerCase();
}

/** The value that a typed or pasted text means in a column, or why it means nothing there. */
export function readCell(column: SheetColumn, text: string): { value: unknown } | { fault: Fault } {
  const trimmed = text.replace(/\u00a0/g, " ").trim();
  if (column.type === "flag") {
    const folded = fold(trimmed);
    if (YES.has(folded)) return { value: true };
    return NO.has(folded) ? { value: false } : { fault: "flag" };
  }
  if (trimmed === "") return { value: column.empty ?? null };
  if (column.type === "integer") {
    const digits = fold(trimmed).replace(/,/g, "");
    return /^\d{1,9}$/.test(digits) ? { value: Number(digits) } : { fault: "integer" };
  }
  if (column.type === "select") {
    const folded = fold(trimmed);
    const found = column.options?.find((one) => fold(one.label) === folded || one.value === trimmed);
    return found ? { value: found.value } : { fault: "option" };
  }
  return { value: trimmed };
}

/** What a cell shows. */
export function cellText(column: SheetColumn, row: SheetRow): string {
  const raw = row.raw[column.key];
  if (raw !== undefined) return raw;
  const value = row.cells[column.key];
  if (value === null || value === undefined) return "";
  if (column.type === "select") return column.options?.find((one) => one.value === String(value))?.label ?? String(value);
  return String(value);
}

/** What is wrong with a cell, if anything. */
export function faultOf(column: SheetColumn, row: SheetRow): Fault | null {
  const raw = row.raw[column.key];
  if (raw !== undefined) {
    const read = readCell(column, raw);
    return "fault" in read ? read.fault : null;
  }
  const value = row.cells[column.key];
  if (column.required && (value === null || value === undefined || value === "")) return "required";
  if (column.max && typeof value === "string" && [...value].length > column.max) return "tooLong";
  return null;
}

/** A row with one cell set from text. */
export function withText(column: SheetColumn, row: SheetRow, text: string): SheetRow {
  const read = readCell(column, text);
  const raw = { ...row.raw };
  delete raw[column.key];
  if ("fault" in read) return { ...row, raw: { ...raw, [column.key]: text } };
  return { ...row, raw, cells: { ...row.cells, [column.key]: read.value } };
}

/** Put a block at a place; rows that are missing are added, columns beyond the last are left out. */
export function pasteBlock(columns: SheetColumn[], rows: SheetRow[], at: Place, block: string[][], limit: number): SheetRow[] {
  const made = [...rows];
  block.forEach((texts, down) => {
    const index = at.row + down;
    if (index >= limit) return;
    let row = made[index] ?? newRow(columns);
    texts.forEach((text, right) => {
      const column = columns[at.column + right];
      if (column) row = withText(column, row, text);
    });
    made[index] = row;
  });
  return made;
}

/** Repeat the first row of a range in the rows below it. */
export function fillDown(columns: SheetColumn[], rows: SheetRow[], from: Place, to: Place): SheetRow[] {
  const source = rows[from.row];
  if (!source) return rows;
  return rows.map((row, index) => {
    if (index <= from.row || index > to.row) return row;
    const cells = { ...row.cells };
    const raw = { ...row.raw };
    for (const column of columns.slice(from.column, to.column + 1)) {
      cells[column.key] = source.cells[column.key];
      delete raw[column.key];
      if (source.raw[column.key] !== undefined) raw[column.key] = source.raw[column.key]!;
    }
    return { ...row, cells, raw };
  });
}

/** A range as the clipboard of a spreadsheet reads it. */
export function copyBlock(columns: SheetColumn[], rows: SheetRow[], from: Place, to: Place): string {
  const quote = (text: string): string => (/[\t\n\r"]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return rows
    .slice(from.row, to.row + 1)
    .map((row) =>
      columns.slice(from.column, to.column + 1)
        .map((column) => quote(column.type === "flag" ? (row.cells[column.key] ? "是" : "否") : cellText(column, row)))
        .join("\t"),
    )
    .join("\n");
}

/** Rows as the API takes them: known ids stay, rows without any content are left out. */
export function toWire(columns: SheetColumn[], rows: SheetRow[]): Record<string, unknown>[] {
  const first = columns.find((column) => column.required)?.key;
  return rows
    .filter((row) => row.id !== null || !first || cellsFilled(columns, row))
    .map((row) => ({ ...(row.id ? { id: row.id } : {}), ...row.cells }));
}

function cellsFilled(columns: SheetColumn[], row: SheetRow): boolean {
  return columns.some((column) => {
    const value = row.cells[column.key];
    return row.raw[column.key] !== undefined || (value !== (column.empty ?? null) && value !== "" && value !== null);
  });
}

/** Every faulty cell, in reading order; rows without any content are not judged. */
export function faults(columns: SheetColumn[], rows: SheetRow[]): (Place & { fault: Fault })[] {
  return rows.flatMap((row, at) =>
    row.id === null && !cellsFilled(columns, row)
      ? []
      : columns.flatMap((column, index) => {
          const fault = faultOf(column, row);
          return fault ? [{ row: at, column: index, fault }] : [];
        }),
  );
}
