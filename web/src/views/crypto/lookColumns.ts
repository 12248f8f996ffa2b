import type { Look } from "@/api/identifiers";
import type { Column } from "@/components/columns";
import { dateTime } from "@/lib/format";

/** Who looked, when, for which matter, how many: the log never holds a value. */
export function lookColumns(t: (key: string) => string): Column<Look>[] {
  return [
    { key: "at", label: t("lookup.at"), width: 165, className: "num", fixed: "left", text: (row) => dateTime(row.at) },
    { key: "door", label: t("lookup.door"), width: 95, text: (row) => t(`lookup.doors.${row.door}`) },
    { key: "actor", label: t("lookup.actor"), minWidth: 120 },
    { key: "operator", label: t("lookup.operator"), width: 110 },
    { key: "field", label: t("identifier.field"), minWidth: 130 },
    { key: "direction", label: t("lookup.direction"), width: 125, text: (row) => t(`lookup.directions.${row.direction}`) },
    { key: "clear", label: t("lookup.inClear"), width: 70, text: (row) => t(row.clear ? "common.yes" : "common.no") },
    { key: "asked", label: t("lookup.asked"), width: 75, align: "right", className: "num" },
    { key: "found", label: t("lookup.found"), width: 75, align: "right", className: "num" },
    { key: "business", label: t("lookup.business"), minWidth: 130 },
    { key: "purpose", label: t("lookup.purpose"), minWidth: 150 },
    { key: "reference", label: t("lookup.reference"), minWidth: 140 },
    { key: "refused", label: t("lookup.refused"), minWidth: 150, text: (row) => (row.refused ? t(`lookup.refusals.${row.refused.split(".").at(-1)}`) : "—") },
    { key: "alarm", label: t("lookup.alarm"), width: 120, text: (row) => (row.alarm ? t(`lookup.alarms.${row.alarm}`) : "—") },
    { key: "department", label: t("common.department"), minWidth: 170 },
  ];
}
