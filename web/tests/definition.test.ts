import { describe, expect, it } from "vitest";
import { emptyForm, fromDefinition, newField, toDefinition } from "@/views/gateway/definition";

describe("interface definitions", () => {
  it("round-trips a table with an encrypted field", () => {
    const form = {
      ...emptyForm(), kind: "table" as const, table: "protected_person", departmentColumn: "dept_id", departmentId: "d1",
      fields: [
        { ...newField(), name: "id", type: "integer", column: "id", columnType: "integer" },
        { ...newField(), name: "name", sensitive: true, mask: "name", column: "name_env", columnType: "envelope" },
      ],
    };
    const made = toDefinition(form);
    expect(made.contract.fields.map((field) => field.encrypted)).toEqual([false, true]);
    expect(made.source).toMatchObject({ columns: { name: { column: "name_env", type: "envelope" } }, department: { column: "dept_id", id: "d1" } });
    expect(toDefinition(fromDefinition(made))).toEqual(made);
  });
  it("sends no fields for a stream and leaves empty rows out", () => {
    const form = { ...emptyForm(), url: " http://10.0.0.1/x ", items: "data. rows", fields: [newField(), { ...newField(), name: "a" }] };
    expect(toDefinition(form)).toMatchObject({ source: { url: "http://10.0.0.1/x" }, contract: { items: ["data", "rows"] } });
    expect(toDefinition(form).contract.fields).toHaveLength(1);
    expect(toDefinition({ ...form, mode: "stream" }).contract.fields).toEqual([]);
  });
});
