import { language } from "@/i18n";

/** A role's name in the language of the page. */
export function roleName(role: { name_zh: string; name_en: string }): string {
  return language() === "en" ? role.name_en : role.name_zh;
}
