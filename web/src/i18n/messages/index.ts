import type { Pairs } from "../define";
import { common } from "./common";
import { status } from "./status";
import { system } from "./system";

export const messages: Pairs = { ...common, ...system, status };
