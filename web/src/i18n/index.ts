import { createI18n } from "vue-i18n";
import { pick } from "./define";
import { messages } from "./messages";

export type Language = "zh-CN" | "en";
const STORED = "mulian.language";

function initial(): Language {
  return localStorage.getItem(STORED) === "en" ? "en" : "zh-CN";
}

export const i18n = createI18n({
  legacy: false,
  locale: initial(),
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": pick(messages, 0), en: pick(messages, 1) },
});

export function language(): Language {
  return i18n.global.locale.value as Language;
}

export function setLanguage(next: Language): void {
  i18n.global.locale.value = next;
  localStorage.setItem(STORED, next);
  document.documentElement.lang = next;
}

/** A value that the API gives in both languages, e.g. {zh, en} of a role or a permission. */
export function bilingual(value: { zh?: string; en?: string } | string | null | undefined): string {
  if (!value) return "";
  if (typeof value === "string") return value;
  return (language() === "en" ? value.en : value.zh) ?? value.zh ?? value.en ?? "";
}
