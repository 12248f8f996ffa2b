/** A pasted column row by row: what comes out stands beside what went in, so only blank rows at its end are left out. */
export function rowsOf(text: string): string[] {
  const rows = text.split(/\r?\n/).map((one) => one.trim());
  while (rows.at(-1) === "") rows.pop();
  return rows;
}

/** A pasted column as its values: one a line, blank lines left out. */
export const linesOf = (text: string): string[] => rowsOf(text).filter((one) => one !== "");
