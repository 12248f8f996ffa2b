/** Where a node is shown; a data entry needs no kind in its address. */
export const nodePath = (kind: string, id: string, more: Record<string, string> = {}): { path: string; query: Record<string, string> } => ({
  path: `/catalog/entries/${id}`, query: kind === "data_entry" ? more : { kind, ...more },
});
