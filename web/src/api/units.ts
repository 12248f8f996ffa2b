import { api } from "./client";
import type { Scope } from "./crypto";
import type { IdentifierField, LookGrant } from "./identifiers";
import type { Page } from "@/composables/useList";

type ListParams = Record<string, string | string[]>;

export interface Figures {
  tables: number;
  fields: number;
  unkeyed: number;
  overdue: number;
  person_records: number;
  identifiers: number;
  rekeyed: number;
  rekeyed_month: number;
  replaced: number;
  grants: number;
  looks: number;
  asked: number;
  refused: number;
}

export interface Unit extends Figures {
  department_id: string;
  department: string;
  code: string;
  next_due_at: string | null;
}

/** Look-ups of the month by door, matter and purpose code; `refused`: error code → times. */
export interface Use {
  door: "system" | "manual" | "cli";
  door_zh: string;
  business: string;
  purpose: string;
  looks: number;
  asked: number;
  found: number;
  unknown: number;
  refused: Record<string, number>;
}

/** `totals` and `use` are of all departments within reach, whatever the search. */
export interface UnitPage extends Page<Unit> {
  month: string;
  totals: Figures & { departments: number };
  use: Use[];
}

export interface UnitDetail extends Unit {
  month: string;
  scopes: Scope[];
  identifier_fields: IdentifierField[];
  granted: LookGrant[];
  use: Use[];
}

export const units = {
  list: (params: ListParams) => api.get<UnitPage>("/crypto/units", params),
  read: (departmentId: string) => api.get<UnitDetail>(`/crypto/units/${departmentId}`),
};
