import type { ContractField, Definition, XmlShape } from "@/api/gateway";

/** One row of the field grid: the contract's field and, for a table, the column that feeds it. */
export interface FieldRow extends ContractField {
  column: string;
  columnType: string;
}

/** States of a revision that is being worked on or has not reached every call. */
export const OPEN = ["draft", "testing", "submitted", "returned", "scheduled", "canary"];

export interface DefinitionForm {
  /** The definition that is edited: what the form does not show stays as it is. */
  before: Definition | null;
  kind: "table" | "http";
  url: string;
  /** An XML or SOAP upstream: paths with "/", parameters as "street*, page" (with * required). */
  xml: { on: boolean; items: string; action: string; body: string; parameters: string };
  table: string;
  key: string;
  departmentColumn: string;
  departmentId: string | null;
  methods: string[];
  mode: "fields" | "stream";
  items: string;
  timeout_ms: number;
  waives_limits: boolean;
  audited: boolean;
  page_max: number;
  fields: FieldRow[];
  parameters: { name: string; column: string; type: string; op: "eq" | "ge" | "lt"; required: boolean }[];
}

export const TYPES = ["text", "integer", "boolean", "date", "instant", "uuid", "number"];
export const COLUMN_TYPES = ["text", "integer", "boolean", "date", "instant", "uuid", "envelope"];
export const MASKS = ["all", "name", "id_number", "phone", "address", "bank_card", "hmt_permit", "passport", "document"];

export function newField(): FieldRow {
  return {
    name: "", title: "", type: "text", item_id: null, sensitive: false, encrypted: false, mask: "all", column: "",
    columnType: "text",
  };
}

export function emptyForm(): DefinitionForm {
  return {
    before: null, kind: "http", url: "", xml: { on: false, items: "", action: "", body: "", parameters: "" }, table: "", key: "id", departmentColumn: "", departmentId: null, methods: ["GET"],
    mode: "fields", items: "", timeout_ms: 10_000, waives_limits: false, audited: false, page_max: 100, fields: [newField()], parameters: [],
  };
}

/** What the API stores, from what the form holds. A table's column of type envelope is an encrypted field. */
export function toDefinition(form: DefinitionForm): Definition {
  const named = form.fields.filter((row) => row.name.trim() !== "");
  const fields = named.map(({ column: _column, columnType, ...field }) => ({
    ...field, name: field.name.trim(), encrypted: form.kind === "table" && columnType === "envelope",
  }));
  const source: Definition["source"] =
    form.kind === "http"
      ? { kind: "http", url: form.url.trim(), ...(form.xml.on ? { xml: toXml(form, named) } : {}) }
      : {
          kind: "table", table: form.table.trim(), key: form.key.trim(),
          department: form.departmentColumn && form.departmentId ? { column: form.departmentColumn.trim(), id: form.departmentId } : null,
          columns: Object.fromEntries(named.map((row) => [row.name.trim(), { column: row.column.trim() || row.name.trim(), type: row.columnType }])),
          parameters: form.parameters.filter((one) => one.name.trim() !== ""), page_max: form.page_max,
        };
  return {
    ...form.before,
    methods: form.kind === "table" ? ["GET"] : form.methods, auth: form.before?.auth ?? "mulian-sm3-v1", source,
    contract: {
      ...form.before?.contract,
      mode: form.kind === "table" ? "fields" : form.mode, fields: form.mode === "stream" && form.kind === "http" ? [] : fields,
      items: form.kind === "http" && form.xml.on ? ["items"] : parts(form.items, "."),
      passthrough: form.before?.contract.passthrough ?? [], row_key: form.before?.contract.row_key ?? "",
    },
    timeout_ms: form.timeout_ms, body_limit: form.before?.body_limit ?? 65_536, waives_limits: form.waives_limits, audited: form.audited,
  };
}

function parts(text: string, separator: string): string[] {
  return text.split(separator).map((part) => part.trim()).filter(Boolean);
}

function toXml(form: DefinitionForm, rows: FieldRow[]): XmlShape {
  const { items, action, body, parameters } = form.xml;
  return {
    items: parts(items, "/"), fields: Object.fromEntries(rows.map((row) => [row.name.trim(), row.column.trim() || row.name.trim()])),
    request: body.trim() === "" ? null : {
      action: action.trim(), body, parameters: parts(parameters, ",").map((one) => ({ name: one.replace("*", ""), required: one.endsWith("*") })),
    },
  };
}

function fromXml(xml: XmlShape | null): DefinitionForm["xml"] {
  const request = xml?.request;
  return {
    on: !!xml, items: xml?.items.join("/") ?? "", action: request?.action ?? "", body: request?.body ?? "",
    parameters: (request?.parameters ?? []).map((one) => (one.required ? `${one.name}*` : one.name)).join(", "),
  };
}

/** The form for an existing definition; the inverse of `toDefinition` for what the form can express. */
export function fromDefinition(definition: Definition): DefinitionForm {
  const { source, contract } = definition;
  const table = source.kind === "table" ? source : null;
  const xml = source.kind === "http" ? (source.xml ?? null) : null;
  return {
    before: definition, kind: source.kind, url: source.kind === "http" ? source.url : "", xml: fromXml(xml), table: table?.table ?? "", key: table?.key ?? "id",
    departmentColumn: table?.department?.column ?? "", departmentId: table?.department?.id ?? null,
    methods: [...definition.methods], mode: contract.mode, items: contract.items.join("."),
    timeout_ms: definition.timeout_ms, waives_limits: definition.waives_limits ?? false, audited: definition.audited ?? false,
    page_max: table?.page_max ?? 100,
    fields: contract.fields.map((field) => ({
      ...field, column: table?.columns[field.name]?.column ?? xml?.fields[field.name] ?? field.name, columnType: table?.columns[field.name]?.type ?? "text",
    })),
    parameters: (table?.parameters ?? []).map((one) => ({ ...one })),
  };
}
