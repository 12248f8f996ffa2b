import type { Page } from "@/composables/useList";
import { saveBlob } from "@/lib/saveBlob";
import { workbook } from "@/lib/xlsx";

const LIMIT = 20_000;
const SIZE = 200;

interface Source<T> {
  fetchPage: (page: number, size: number) => Promise<Page<T>>;
}

/** Reads every page of a list and saves it as a workbook; answers how many rows went in. */
export async function exportList<T>(list: Source<T>, head: string[], cells: (row: T) => string[], name: string): Promise<number> {
  const rows: string[][] = [];
  for (let page = 1; rows.length < LIMIT; page += 1) {
    const answer = await list.fetchPage(page, SIZE);
    rows.push(...answer.items.map((row) => cells(row).map((text) => (text === "—" ? "" : text))));
    if (answer.items.length < SIZE || rows.length >= answer.total) break;
  }
  const stamp = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
  saveBlob(workbook(name, head, rows), `${name}-${stamp}.xlsx`);
  return rows.length;
}
