/** State and keys of an editable grid: the active cell, the range, editing, paste, fill down, going back. */
import { computed, nextTick, ref, watch, type Ref } from "vue";
import {
  cellText, copyBlock, fillDown, newRow, parseBlock, pasteBlock, withText, type Place, type SheetColumn, type SheetRow,
} from "@/lib/sheet";

const STEPS = 50;

interface Sheet {
  rows: Ref<SheetRow[]>;
  columns: Ref<SheetColumn[]>;
  limit: number;
  disabled: () => boolean;
  /** Called when the active cell moved, to scroll it into view and give it the focus. */
  reveal: (place: Place) => void;
}

export function useSheet(sheet: Sheet) {
  const active = ref<Place>({ row: 0, column: 0 });
  const anchor = ref<Place>({ row: 0, column: 0 });
  const editing = ref(false);
  const draft = ref("");
  const past: SheetRow[][] = [];

  const from = computed<Place>(() => ({
    row: Math.min(active.value.row, anchor.value.row), column: Math.min(active.value.column, anchor.value.column),
  }));
  const to = computed<Place>(() => ({
    row: Math.max(active.value.row, anchor.value.row), column: Math.max(active.value.column, anchor.value.column),
  }));
  const many = computed(() => from.value.row !== to.value.row || from.value.column !== to.value.column);

  function put(rows: SheetRow[]): void {
    past.push(sheet.rows.value);
    if (past.length > STEPS) past.shift();
    sheet.rows.value = rows;
  }
  function back(): void {
    const rows = past.pop();
    if (rows) sheet.rows.value = rows;
    load();
  }
  function load(): void {
    const row = sheet.rows.value[active.value.row];
    const column = sheet.columns.value[active.value.column];
    draft.value = row && column ? cellText(column, row) : "";
    editing.value = false;
  }
  function setCell(text: string): void {
    const { row: at, column: index } = active.value;
    const row = sheet.rows.value[at];
    const column = sheet.columns.value[index];
    if (!row || !column || sheet.disabled()) return;
    const now = withText(column, row, text);
    if (JSON.stringify(now) !== JSON.stringify(row)) put(sheet.rows.value.map((one, other) => (other === at ? now : one)));
  }
  /** What was typed goes into its cell; a cell that was only looked at stays as it is. */
  function commit(): void {
    if (!editing.value) return;
    const row = sheet.rows.value[active.value.row];
    const column = sheet.columns.value[active.value.column];
    if (row && column && column.type !== "flag" && draft.value !== cellText(column, row)) setCell(draft.value);
    editing.value = false;
  }
  function select(place: Place, extend = false): void {
    commit();
    const row = Math.max(0, Math.min(sheet.rows.value.length - 1, place.row));
    const column = Math.max(0, Math.min(sheet.columns.value.length - 1, place.column));
    active.value = { row, column };
    if (!extend) anchor.value = { row, column };
    load();
    void nextTick(() => sheet.reveal(active.value));
  }
  function move(down: number, right: number, extend = false): void {
    select({ row: active.value.row + down, column: active.value.column + right }, extend);
  }
  function toggle(): void {
    const column = sheet.columns.value[active.value.column];
    const row = sheet.rows.value[active.value.row];
    if (column?.type === "flag" && row) setCell(row.cells[column.key] ? "否" : "是");
  }
  function add(after = sheet.rows.value.length - 1): void {
    if (sheet.rows.value.length >= sheet.limit) return;
    commit();
    const rows = [...sheet.rows.value];
    rows.splice(after + 1, 0, newRow(sheet.columns.value));
    put(rows);
    select({ row: after + 1, column: 0 });
  }
  function remove(): void {
    put(sheet.rows.value.filter((_, at) => at < from.value.row || at > to.value.row));
    draft.value = "";
    active.value = { row: Math.max(0, from.value.row - (from.value.row >= sheet.rows.value.length ? 1 : 0)), column: active.value.column };
    anchor.value = active.value;
    load();
  }
  function shift(by: -1 | 1): void {
    const [start, end] = [from.value.row, to.value.row];
    if (start + by < 0 || end + by >= sheet.rows.value.length) return;
    commit();
    const rows = [...sheet.rows.value];
    const moved = rows.splice(start, end - start + 1);
    rows.splice(start + by, 0, ...moved);
    put(rows);
    active.value = { ...active.value, row: active.value.row + by };
    anchor.value = { ...anchor.value, row: anchor.value.row + by };
    load();
  }
  function clear(): void {
    let rows = sheet.rows.value;
    for (let at = from.value.row; at <= to.value.row; at += 1) {
      rows = rows.map((row, index) =>
        index === at
          ? sheet.columns.value.slice(from.value.column, to.value.column + 1).reduce((one, column) => withText(column, one, ""), row)
          : row,
      );
    }
    put(rows);
    load();
  }
  function fill(): void {
    commit();
    put(fillDown(sheet.columns.value, sheet.rows.value, from.value, to.value));
    load();
  }
  /** A block goes over the cells from the corner of the range; a single value stays an ordinary paste. */
  function paste(text: string): boolean {
    const block = parseBlock(text);
    if (block.length === 0 || (block.length === 1 && block[0]!.length === 1 && editing.value)) return false;
    if (sheet.rows.value.length === 0) sheet.rows.value = [newRow(sheet.columns.value)];
    put(pasteBlock(sheet.columns.value, sheet.rows.value, from.value, block, sheet.limit));
    anchor.value = from.value;
    active.value = {
      row: Math.min(sheet.rows.value.length - 1, from.value.row + block.length - 1),
      column: Math.min(sheet.columns.value.length - 1, from.value.column + Math.max(...block.map((row) => row.length)) - 1),
    };
    load();
    return true;
  }
  watch([sheet.rows, sheet.columns], () => !editing.value && load(), { immediate: true });
  const copy = (): string => copyBlock(sheet.columns.value, sheet.rows.value, from.value, to.value);

  return {
    active, anchor, editing, draft, from, to, many, load, commit, select, move, toggle, add, remove, shift, clear, fill,
    paste, copy, back, setCell,
  };
}
