/** A node of any level as a form: what was opened, what is typed, what is wrong with it, and how it is saved. */
import { computed, reactive, ref } from "vue";
import { useI18n } from "vue-i18n";
import { catalog, type Kind, type NodeDetail } from "@/api/catalog";
import { ApiError } from "@/api/errors";
import { FORM, needed, SHEETS, type FieldSpec } from "@/lib/catalogFields";
import { mergeFields, mergeRows, same, settleRows, type Clash, type MergedRows, type Values } from "@/lib/merge3";
import { faults, newRow, toWire, type SheetColumn, type SheetRow } from "@/lib/sheet";
import { useCodeLists } from "@/stores/codeLists";
import { problemsOf } from "@/views/catalog/nodeProblems";

const LISTS = new Set(["keywords", "formats", "project_numbers", "related_codes"]);
/** Who saved meanwhile, as the server says. */
export interface Editor {
  by: string;
  at: string;
}
export interface Conflict {
  editors: Editor[];
  taken: Clash[];
  clashes: Clash[];
}

/** The values a form starts from: an open change lies over what is published. */
export function effective(detail: NodeDetail): { values: Values; rows: Values[] } {
  return {
    values: { ...detail.node, ...detail.change?.fields },
    rows: (detail.change?.children ?? detail.children) as Values[],
  };
}

export function useNodeForm(kind: Kind, opened: NodeDetail | null, openedEtag: string | null) {
  const { t } = useI18n();
  const codes = useCodeLists();
  const specs = FORM[kind];
  const keys = specs.map((one) => one.key);
  const columns = computed<SheetColumn[]>(() =>
    (SHEETS[kind] ?? []).map((one) => ({
      ...one,
      label: t(`catalog.field.${one.key}`),
      options: one.list ? codes.tokens(one.list).map((token) => ({ value: token.token, label: codes.label(one.list!, token.token) })) : undefined,
    })),
  );
  const pick = (values: Values): Values =>
    Object.fromEntries(keys.map((key) => [key, values[key] ?? (LISTS.has(key) ? [] : key === "has_interface" || key === "authoritative" ? false : null)]));
  const asRow = (row: Values): SheetRow => newRow(columns.value, { ...row, ...(row.level === undefined ? {} : { level: String(row.level) }) });
  const wireRow = (row: Values): Values => ({ ...row, ...(row.level === undefined ? {} : { level: Number(row.level ?? 1) }) });

  const start = opened ? effective(opened) : { values: {}, rows: [] };
  let etag = openedEtag;
  let base = pick(start.values);
  let baseRows = start.rows;
  const form = reactive<Values>(pick(start.values));
  const rows = ref<SheetRow[]>(baseRows.map(asRow));
  const errors = ref<Record<string, string>>({});
  const cellErrors = ref<Record<string, string>>({});
  const conflict = ref<Conflict | null>(null);
  let mergedRows: MergedRows | null = null;
  let pending: { etag: string | null; values: Values; rows: Values[] } | null = null;

  const wired = computed(() => toWire(columns.value, rows.value).map(wireRow));
  let startRows = JSON.stringify(wired.value);
  const saved = ref(0);
  const dirty = computed(() => saved.value >= 0 && (!same(form, base) || JSON.stringify(wired.value) !== startRows || rows.value.some((row) => Object.keys(row.raw).length > 0)));
  const shown = computed(() => specs.filter((one) => !one.when || one.when(form) || !!form[one.key]));
  const groups = computed(() => [...new Set(shown.value.map((one) => one.group))]);

  function clean(key: string, value: unknown): unknown {
    if (typeof value === "string") {
      const trimmed = value.trim();
      if (trimmed === "") return null;
      return key === "level" ? Number(trimmed) : trimmed;
    }
    return value;
  }
  function changed(): Values {
    const found = Object.fromEntries(keys.filter((key) => !same(form[key], base[key])).map((key) => [key, clean(key, form[key])]));
    const field = kind === "data_entry" ? "items" : "columns";
    return columns.value.length > 0 && JSON.stringify(wired.value) !== startRows ? { ...found, [field]: wired.value } : found;
  }
  /** What can be seen without asking the server; `all` also names what a submission needs. */
  function check(all: boolean): boolean {
    const found: Record<string, string> = {};
    for (const one of shown.value) {
      const value = form[one.key];
      const empty = value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0) || (typeof value === "string" && value.trim() === "");
      if (empty && needed(one, form) && (all || one.key === "name" || one.key === "table_name")) found[one.key] = t("common.required");
      if (one.max && typeof value === "string" && [...value].length > one.max) found[one.key] = t("form.tooLong", { n: one.max });
    }
    errors.value = found;
    cellErrors.value = {};
    return Object.keys(found).length === 0 && faults(columns.value, rows.value).length === 0;
  }
  /** Words of the server under their fields and in their cells; false when none of them has a place here. */
  function place(error: unknown): boolean {
    const found = problemsOf(error, keys);
    errors.value = found.fields;
    cellErrors.value = Object.fromEntries(found.cells.flatMap((one) => {
      const row = rows.value[one.row];
      return row ? [[`${row.key}:${one.column}`, one.text] as const] : [];
    }));
    return Object.keys(found.fields).length + found.cells.length > 0;
  }
  async function save(create?: (body: Values) => Promise<NodeDetail>): Promise<NodeDetail | null> {
    try {
      const body = changed();
      if (create) return await create(body);
      return await catalog.edit(kind, opened!.node.id, body, etag);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412 || !opened) throw error;
      await compare((error.problem.params?.changes as Editor[] | undefined) ?? []);
      return null;
    }
  }
  /** Somebody else saved meanwhile: read what they wrote and lay it beside what is typed here. */
  async function compare(editors: Editor[]): Promise<void> {
    const fresh = await catalog.node(kind, opened!.node.id);
    const theirs = effective(fresh.data);
    const fields = mergeFields(keys, base, pick(theirs.values), form);
    const cells = columns.value.map((one) => one.key);
    mergedRows = mergeRows(cells, baseRows, theirs.rows, wired.value);
    for (const one of fields.taken) form[one.field] = one.theirs;
    pending = { etag: fresh.etag, values: pick(theirs.values), rows: theirs.rows };
    conflict.value = { editors, taken: [...fields.taken, ...mergedRows.taken], clashes: [...fields.clashes, ...mergedRows.clashes] };
    rows.value = mergedRows.rows.map(asRow);
  }
  /** Take the server's side of these clashes; the rest stays as typed and is saved over it. Undecided, a save asks again. */
  function settle(theirs: Set<string>): void {
    if (pending) {
      etag = pending.etag;
      base = pending.values;
      baseRows = pending.rows;
      startRows = JSON.stringify(toWire(columns.value, baseRows.map(asRow)).map(wireRow));
      saved.value += 1;
    }
    for (const one of conflict.value?.clashes ?? []) {
      if (one.row === null && theirs.has(one.path)) form[one.field] = one.theirs;
    }
    if (mergedRows) rows.value = settleRows(mergedRows, theirs).map(asRow);
    conflict.value = null;
    mergedRows = null;
    pending = null;
  }
  /** Saved: what is typed is now what is stored. */
  function settled(): void {
    base = JSON.parse(JSON.stringify(pick(form))) as Values;
    startRows = JSON.stringify(wired.value);
    saved.value += 1;
  }
  const spec = (key: string): FieldSpec | undefined => specs.find((one) => one.key === key);

  return { form, rows, columns, errors, cellErrors, conflict, dirty, shown, groups, changed, check, place, save, settle, settled, spec, base: () => base };
}
