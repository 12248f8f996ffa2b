import { describe, expect, it } from "vitest";
import { mergeFields, mergeRows, settleRows } from "@/lib/merge3";
import { copyBlock, faults, fillDown, newRow, parseBlock, pasteBlock, readCell, toWire, type SheetColumn } from "@/lib/sheet";
import { columnName, crc32, workbook } from "@/lib/xlsx";

const COLUMNS: SheetColumn[] = [
  { key: "name", label: "名称", type: "text", width: 1, required: true, max: 5 },
  { key: "length", label: "长度", type: "integer", width: 1 },
  { key: "share", label: "共享", type: "select", width: 1, options: [{ value: "none", label: "不予共享" }, { value: "open", label: "无条件共享" }] },
  { key: "pii", label: "个人信息", type: "flag", width: 1, empty: false },
];

describe("the grid", () => {
  it("reads a block as spreadsheets put it on the clipboard", () => {
    expect(parseBlock('a\tb\r\n"多\n行 ""引""\tx"\tc\r\n')).toEqual([["a", "b"], ['多\n行 "引"\tx', "c"]]);
    expect(parseBlock("一格")).toEqual([["一格"]]);
    expect(parseBlock("")).toEqual([]);
  });
  it("takes labels, tokens, full-width digits and the usual words for yes", () => {
    expect(readCell(COLUMNS[2]!, " 不予共享 ")).toEqual({ value: "none" });
    expect(readCell(COLUMNS[2]!, "open")).toEqual({ value: "open" });
    expect(readCell(COLUMNS[1]!, "１２")).toEqual({ value: 12 });
    expect(readCell(COLUMNS[1]!, "1.5")).toEqual({ fault: "integer" });
    expect(readCell(COLUMNS[3]!, "√")).toEqual({ value: true });
    expect(readCell(COLUMNS[3]!, "也许")).toEqual({ fault: "flag" });
  });
  it("keeps what it cannot take in its cell and names it", () => {
    const rows = pasteBlock(COLUMNS, [newRow(COLUMNS)], { row: 0, column: 0 }, [["姓名", "18", "随便", "是"], ["证件号码长", "x", "", "", "多余"]], 10);
    expect(rows).toHaveLength(2);
    expect(rows[0]!.cells).toMatchObject({ name: "姓名", length: 18, pii: true });
    expect(rows[0]!.raw).toEqual({ share: "随便" });
    expect(faults(COLUMNS, rows)).toEqual([{ row: 0, column: 2, fault: "option" }, { row: 1, column: 1, fault: "integer" }]);
  });
  it("adds no row beyond the limit", () => {
    expect(pasteBlock(COLUMNS, [], { row: 0, column: 0 }, [["a"], ["b"], ["c"]], 2)).toHaveLength(2);
  });
  it("fills down and copies back what it was given", () => {
    const rows = pasteBlock(COLUMNS, [], { row: 0, column: 0 }, [["一", "1", "不予共享", "是"], ["二"], ["三"]], 9);
    const filled = fillDown(COLUMNS, rows, { row: 0, column: 1 }, { row: 2, column: 3 });
    expect(copyBlock(COLUMNS, filled, { row: 1, column: 0 }, { row: 2, column: 3 })).toBe("二\t1\t不予共享\t是\n三\t1\t不予共享\t是");
  });
  it("sends no empty row, and never drops one that the server knows", () => {
    const known = newRow(COLUMNS, { id: "7", name: "" });
    const sent = toWire(COLUMNS, [known, newRow(COLUMNS), newRow(COLUMNS, { name: "新" })]);
    expect(sent.map((row) => [row.id, row.name])).toEqual([["7", ""], [undefined, "新"]]);
    expect(faults(COLUMNS, [known])).toHaveLength(1);
  });
});

describe("two people on one node", () => {
  const keys = ["a", "b", "c"];
  it("merges what does not clash and asks only for what does", () => {
    const merged = mergeFields(keys, { a: 1, b: 1, c: 1 }, { a: 2, b: 2, c: 1 }, { a: 1, b: 3, c: 3 });
    expect(merged.values).toEqual({ a: 2, b: 3, c: 3 });
    expect(merged.taken.map((one) => one.path)).toEqual(["a"]);
    expect(merged.clashes).toMatchObject([{ path: "b", base: 1, theirs: 2, mine: 3 }]);
  });
  it("takes the same change of both for no clash", () => {
    expect(mergeFields(["a"], { a: [] }, { a: ["x"] }, { a: ["x"] }).clashes).toEqual([]);
  });
  it("merges rows cell by cell, keeps new rows of both, asks about removed ones that were changed", () => {
    const row = (id: string, a: number, b: number) => ({ id, a, b });
    const base = [row("1", 1, 1), row("2", 1, 1), row("3", 1, 1), row("4", 1, 1)];
    const theirs = [row("1", 2, 1), row("2", 2, 1), row("4", 9, 1), row("5", 5, 5)];
    const mine = [row("1", 1, 3), row("2", 3, 1), row("3", 1, 7), { a: 0, b: 0 }];
    const merged = mergeRows(["a", "b"], base, theirs, mine);
    expect(merged.rows).toEqual([row("1", 2, 3), row("2", 3, 1), row("3", 1, 7), { a: 0, b: 0 }, row("5", 5, 5)]);
    expect(merged.clashes.map((one) => one.path)).toEqual(["children/2/a", "children/3", "children/4"]);
    const settled = settleRows(merged, new Set(["children/2/a", "children/3", "children/4"]));
    expect(settled).toEqual([row("1", 2, 3), row("2", 2, 1), { a: 0, b: 0 }, row("5", 5, 5), row("4", 9, 1)]);
    expect(settleRows(merged, new Set())).toEqual(merged.rows);
  });
});

describe("the exported workbook", () => {
  it("has the check sums of zip and the columns of a spreadsheet", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect([0, 25, 26, 701, 702].map(columnName)).toEqual(["A", "Z", "AA", "ZZ", "AAA"]);
  });
  it("writes texts, not formulas, and leaves out what XML cannot hold", async () => {
    const text = await workbook("四级/目录", ["名称"], [["=1+1"], ["<b>&😀\u0000"], ["\ud800半"]]).text();
    expect(text).toContain("=1+1</t>");
    expect(text).toContain("&lt;b&gt;&amp;😀</t>");
    expect(text).toContain(">半</t>");
    expect(text).toContain('sheet name="四级 目录"');
    expect(text).not.toContain("<f>");
  });
});
