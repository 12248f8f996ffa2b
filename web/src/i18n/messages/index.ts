import type { Pairs } from "../define";
import { catalog } from "./catalog";
import { chain } from "./chain";
import { common } from "./common";
import { crypto } from "./crypto";
import { form } from "./form";
import { gateway } from "./gateway";
import { history } from "./history";
import { imports } from "./imports";
import { links } from "./links";
import { quality } from "./quality";
import { review } from "./review";
import { reports } from "./reports";
import { search } from "./search";
import { status } from "./status";
import { system } from "./system";
import { work } from "./work";

export const messages: Pairs = { ...common, ...system, ...catalog, ...work, ...chain, ...imports, ...review, ...crypto, ...reports, ...form, ...search, ...quality, ...links, ...history, ...gateway, status };
