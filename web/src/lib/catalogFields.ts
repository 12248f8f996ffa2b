import type { Kind } from "@/api/catalog";
import type { SheetColumn } from "./sheet";

export type Input = "text" | "long" | "tags" | "select" | "flag" | "date" | "instant" | "integer" | "duty";
type Form = Record<string, unknown>;

export interface FieldSpec {
  key: string;
  input: Input;
  group: string;
  list?: string;
  max?: number;
  /** Needed before it can be submitted; a draft may wait. */
  required?: boolean | ((form: Form) => boolean);
  /** Asked for only in this case. */
  when?: (form: Form) => boolean;
}

const is = (key: string, value: unknown) => (form: Form): boolean => form[key] === value;
const text = (group: string, key: string, max: number, more: Partial<FieldSpec> = {}): FieldSpec => ({ key, group, input: "text", max, ...more });
const long = (group: string, key: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ key, group, input: "long", max: 20_000, ...more });
const select = (group: string, key: string, list = key, more: Partial<FieldSpec> = {}): FieldSpec => ({ key, group, input: "select", list, ...more });
const other = (group: string, key: string, input: Input): FieldSpec => ({ key, group, input });
const PLACE = [text("manage", "office", 200), text("manage", "region", 12)];
const NAME = text("basic", "name", 400, { required: true });

/** What is asked for at each level, in the order officers read it. */
export const FORM: Record<Kind, FieldSpec[]> = {
  duty: [
    NAME, select("basic", "duty_type", "duty_type", { required: true }), other("basic", "parent_id", "duty"), text("basis", "basis_doc", 400),
    long("basis", "basis_text"), other("basis", "effective_on", "date"), text("basis", "abolished_by", 400), ...PLACE,
  ],
  data_entry: [
    NAME, long("basic", "abstract", { max: 200_000 }), other("basic", "keywords", "tags"), select("basic", "theme"), text("basic", "class_code", 40),
    other("basic", "formats", "tags"), select("basic", "format_class"),
    select("share", "share_type", "share_type", { required: true }),
    long("share", "share_condition", { when: is("share_type", "conditional"), required: is("share_type", "conditional") }),
    long("share", "no_share_basis", { when: is("share_type", "none"), required: is("share_type", "none") }),
    select("share", "share_mode"), select("share", "share_method"), select("share", "open_type", "open_type", { required: true }),
    long("share", "open_condition", { when: is("open_type", "conditional"), required: is("open_type", "conditional") }),
    select("update", "update_cycle"),
    text("update", "update_cycle_text", 200, { when: is("update_cycle", "other"), required: is("update_cycle", "other") }),
    other("update", "published_on", "date"), other("update", "data_updated_at", "instant"), other("update", "record_count", "integer"),
    select("manage", "level", "data_level"), other("manage", "authoritative", "flag"), text("manage", "storage", 100), text("manage", "source_url", 500),
    other("manage", "related_codes", "tags"), long("manage", "data_range"), long("manage", "use_scene"), ...PLACE,
  ],
  system: [
    NAME, text("basic", "short_name", 100), select("basic", "phase", "system_phase", { required: true }), other("basic", "mlps_level", "integer"),
    select("basic", "network"), text("basic", "hosting", 200), other("build", "live_on", "date"), other("build", "retired_on", "date"),
    text("build", "builder", 200), text("build", "maintainer", 200), other("build", "project_numbers", "tags"), other("build", "has_interface", "flag"),
    long("build", "no_interface_reason", { when: (form) => !form.has_interface, required: (form) => !form.has_interface }), ...PLACE,
  ],
  db_table: [
    NAME, text("basic", "table_name", 128, { required: true }), select("basic", "kind", "table_kind", { required: true }), text("basic", "db_kind", 40),
    text("basic", "schema_name", 128), other("basic", "row_count", "integer"), other("basic", "last_update_at", "instant"), ...PLACE,
  ],
};

export function needed(spec: FieldSpec, form: Form): boolean {
  return typeof spec.required === "function" ? spec.required(form) : !!spec.required;
}

/** What a level shows, in the order officers read it. */
export const FIELDS: Record<Kind, string[]> = {
  duty: ["basis_doc", "basis_text", "duty_type", "parent_id", "effective_on", "abolished_by", "office", "region"],
  data_entry: [
    "abstract", "keywords", "theme", "theme_text", "formats", "format_class", "share_type", "share_condition",
    "no_share_basis", "share_mode", "share_method", "open_type", "open_condition", "update_cycle", "update_cycle_text",
    "published_on", "data_updated_at", "related_codes", "level", "data_range", "use_scene", "record_count", "storage",
    "authoritative", "source_url", "class_code", "office", "region", "legacy_code", "source",
  ],
  system: [
    "short_name", "phase", "mlps_level", "network", "hosting", "live_on", "retired_on", "builder", "maintainer",
    "has_interface", "no_interface_reason", "project_numbers", "office", "region",
  ],
  db_table: ["db_kind", "schema_name", "table_name", "kind", "row_count", "last_update_at", "office", "region"],
};

export const LISTED: Record<string, string> = {
  duty_type: "duty_type", theme: "theme", format_class: "format_class", share_type: "share_type",
  share_mode: "share_mode", share_method: "share_method", open_type: "open_type", update_cycle: "update_cycle",
  phase: "system_phase", network: "network", kind: "table_kind", data_type: "data_type", level: "data_level",
};

export const ITEM_FIELDS = [
  "number", "name", "data_type", "length", "code_set", "share_type", "open_type", "level", "sensitive", "pii", "is_key",
];
export const COLUMN_FIELDS = [
  "number", "name", "name_zh", "data_type", "length", "nullable", "is_key", "sensitive", "encrypted",
];

type Sheet = Omit<SheetColumn, "label" | "options"> & { list?: string };
const flag = (key: string, width: number, empty = false): Sheet => ({ key, type: "flag", width, empty });

/** The grid below a form: 数据项 of a data entry, 字段 of a table. */
export const SHEETS: Partial<Record<Kind, Sheet[]>> = {
  data_entry: [
    { key: "name", type: "text", width: 190, required: true, max: 200 }, { key: "data_type", type: "select", width: 100, list: "data_type" },
    { key: "length", type: "integer", width: 64 }, { key: "precision", type: "integer", width: 64 }, { key: "code_set", type: "text", width: 110, max: 100 },
    { key: "share_type", type: "select", width: 110, list: "share_type" }, { key: "open_type", type: "select", width: 110, list: "open_type" },
    { key: "level", type: "select", width: 96, list: "data_level", empty: "1" }, flag("sensitive", 56), flag("pii", 72), flag("is_key", 56),
  ],
  db_table: [
    { key: "name", type: "text", width: 170, required: true, max: 128 }, { key: "name_zh", type: "text", width: 180, max: 200 },
    { key: "data_type", type: "text", width: 120, required: true, max: 60 }, { key: "length", type: "integer", width: 70 },
    flag("nullable", 60, true), flag("is_key", 60), flag("sensitive", 60), flag("encrypted", 60),
  ],
};
