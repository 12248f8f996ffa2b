/** A pasted column as its values: one a line, blank lines left out. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/).map((one) => one.trim()).filter((one) => one !== "");
