import type { DataKey, Kek, KeyCopy, Scope } from "@/api/crypto";
import type { Column } from "@/components/columns";
import { bilingual } from "@/i18n";
import { count, dateTime, day } from "@/lib/format";

/** A row of any list of the page; the tab says which. */
export type KeyRow = Scope & DataKey & Kek & KeyCopy;
type Translate = (key: string) => string;

export const TABS = ["scopes", "keys", "keks", "copies"] as const;

/** The columns of each list of the keys page. */
export function columnsOf(tab: string, t: Translate): Column<KeyRow>[] {
  if (tab === "keys") return keyColumns(t);
  if (tab === "keks") return kekColumns(t);
  return tab === "copies" ? copyColumns(t) : scopeColumns(t);
}

function scopeColumns(t: Translate): Column<KeyRow>[] {
  return [
    { key: "label", label: t("keys.field"), minWidth: 115, fixed: "left" },
    { key: "department", label: t("common.department"), minWidth: 150 },
    { key: "table", label: t("keys.table"), minWidth: 195, className: "mono", text: (row) => `${row.table}.${row.column}` },
    { key: "algorithm", label: t("keys.algorithm"), width: 100 },
    { key: "key_id", label: t("keys.keyNow"), width: 90, text: (row) => (row.key_id === null ? "—" : `#${row.key_id} v${row.key_version}`) },
    { key: "key_since", label: t("keys.since"), width: 108, className: "num", text: (row) => day(row.key_since) },
    { key: "due_at", label: t("keys.due"), width: 150 },
    { key: "action", label: t("common.action"), width: 176, fixed: "right" },
  ];
}

function keyColumns(t: Translate): Column<KeyRow>[] {
  return [
    { key: "key_id", label: t("keys.keyId"), width: 90, text: (row) => `#${row.key_id}` },
    { key: "department", label: t("common.department"), minWidth: 170 },
    { key: "table", label: t("keys.table"), minWidth: 210, className: "mono", text: (row) => `${row.table}.${row.column}` },
    { key: "purpose", label: t("keys.purpose"), width: 90, text: (row) => t(`keys.${row.purpose}`) },
    { key: "version", label: t("keys.version"), width: 70, align: "right" },
    { key: "state", label: t("common.status"), width: 110 },
    { key: "kcv", label: t("keys.kcv"), width: 100, className: "mono" },
    { key: "reserved_uses", label: t("keys.uses"), width: 140, align: "right", className: "num", text: (row) => count(row.reserved_uses) },
    { key: "activated_at", label: t("keys.since"), width: 165, className: "num", text: (row) => dateTime(row.activated_at) },
    { key: "retired_at", label: t("keys.retired"), width: 165, className: "num", text: (row) => dateTime(row.retired_at) },
    { key: "action", label: t("common.action"), width: 110, fixed: "right" },
  ];
}

function kekColumns(t: Translate): Column<KeyRow>[] {
  return [
    { key: "department", label: t("common.department"), minWidth: 190, fixed: "left" },
    { key: "version", label: t("keys.kekVersion"), width: 80, text: (row) => `v${row.version}` },
    { key: "state", label: t("common.status"), width: 120 },
    { key: "keys", label: t("keys.protects"), width: 110, align: "right", className: "num" },
    { key: "copies_left", label: t("keys.copiesLeft"), width: 110, align: "right", className: "num", text: (row) => (row.state === "retired" ? String(row.copies_left) : "—") },
    { key: "created_at", label: t("common.createdAt"), width: 165, className: "num", text: (row) => dateTime(row.created_at) },
    { key: "retired_at", label: t("keys.retired"), width: 165, className: "num", text: (row) => dateTime(row.retired_at) },
    { key: "kcv", label: t("keys.kcv"), width: 110, className: "mono" },
    { key: "provider", label: t("keys.provider"), width: 120, className: "mono" },
    { key: "action", label: t("common.action"), width: 120, fixed: "right" },
  ];
}

function copyColumns(t: Translate): Column<KeyRow>[] {
  return [
    { key: "kind", label: t("keys.copyKind"), width: 130, text: (row) => bilingual({ zh: row.kind_zh, en: row.kind_en }) },
    { key: "location", label: t("keys.location"), minWidth: 220 },
    { key: "made_at", label: t("keys.madeAt"), width: 165, className: "num", text: (row) => dateTime(row.made_at) },
    { key: "key_store", label: t("keys.withKeys"), width: 100, text: (row) => t(row.key_store ? "common.yes" : "common.no") },
    { key: "expires_at", label: t("keys.expiresAt"), width: 165, className: "num", text: (row) => dateTime(row.expires_at) },
    { key: "gone_at", label: t("keys.goneAt"), width: 180 },
    { key: "note", label: t("keys.note"), minWidth: 160, wrap: true },
    { key: "created_by", label: t("keys.by"), width: 110 },
    { key: "action", label: t("common.action"), width: 130, fixed: "right" },
  ];
}
