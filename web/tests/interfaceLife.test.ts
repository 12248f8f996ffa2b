import { describe, expect, it } from "vitest";
import type { Definition } from "@/api/gateway";
import { messages } from "@/i18n/messages";
import { keys } from "@/i18n/define";
import { toneOf } from "@/lib/status";
import { fromDefinition, newField, OPEN, toDefinition } from "@/views/gateway/definition";

const soap: Definition = {
  methods: ["GET"], auth: "appkey",
  source: {
    kind: "http", url: "http://10.1.2.3/ws",
    xml: { items: ["Envelope", "Body", "row"], fields: { name: "person/name" }, request: { action: "urn:q", body: "<q>{id}</q>", parameters: [{ name: "id", required: true }] } },
  },
  contract: { mode: "fields", fields: [{ ...contractField(), name: "name" }], items: ["items"], passthrough: ["total"], row_key: "id" },
  timeout_ms: 5000, body_limit: 1024, waives_limits: false, audited: false,
};

function contractField(): Definition["contract"]["fields"][number] {
  const { column: _column, columnType: _type, ...field } = newField();
  return field;
}

describe("a definition that the form shows in part", () => {
  it("keeps what is not shown, so that an edit breaks no caller unseen", () => {
    expect(toDefinition(fromDefinition(soap))).toEqual(soap);
  });
  it("reads paths and required parameters as they are typed", () => {
    const form = fromDefinition(soap);
    expect([form.xml.items, form.xml.parameters, form.fields[0]!.column]).toEqual(["Envelope/Body/row", "id*", "person/name"]);
    form.xml.body = "";
    expect(toDefinition(form).source).toMatchObject({ xml: { request: null } });
  });
  it("drops the XML shape when the source becomes a table", () => {
    const made = toDefinition({ ...fromDefinition(soap), kind: "table", table: "t" });
    expect(made.source).not.toHaveProperty("xml");
  });
});

describe("words and colours of the life", () => {
  const known = new Set(keys(messages));
  const shown = ["draft", "testing", "submitted", "published", "ending", "retired"];

  it("has a word for every shown state and every state of a revision", () => {
    expect(shown.filter((state) => !known.has(`status.iface.${state}`))).toEqual([]);
    expect([...OPEN, "published", "superseded"].filter((state) => !known.has(`status.revision.${state}`))).toEqual([]);
  });
  it("never shows what is not served in green", () => {
    expect(shown.filter((state) => toneOf(state) === "good")).toEqual(["published"]);
    expect([toneOf("ending"), toneOf("testing"), toneOf("retired")]).toEqual(["warn", "busy", "idle"]);
  });
  it("has a word for every act of the timeline", () => {
    const acts = ["catalog.need.file", "catalog.need.match", "catalog.need.decline", "catalog.demand.apply", "catalog.demand.agree", "catalog.demand.approve", "catalog.demand.reject", "gateway.grant.make", "gateway.grant.revoke", "gateway.grant.expire"];
    expect(acts.filter((act) => !known.has(`need.act.${act.replaceAll(".", "_")}`))).toEqual([]);
  });
});
