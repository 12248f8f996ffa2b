import type { Kind } from "@/api/catalog";

/** Which fields each level shows, in the order officers read them, and the code list of those that have one. */
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
