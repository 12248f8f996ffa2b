import { ElMessageBox } from "element-plus";
import { i18n } from "@/i18n";

const MOST = 5_000_000;

/** A daily quota as a text that somebody typed: 1 to 5,000,000, thousands marks allowed; null otherwise. */
export function quotaOf(text: string): number | null {
  const plain = text.trim().replace(/[,，\s]/g, "");
  if (!/^\d{1,7}$/.test(plain)) return null;
  const value = Number(plain);
  return value >= 1 && value <= MOST ? value : null;
}

/** Asks for a daily quota; null when cancelled. */
export async function askNumber(title: string, text: string): Promise<number | null> {
  const { t } = i18n.global;
  try {
    const answer = await ElMessageBox.prompt(text, title, {
      confirmButtonText: t("common.confirm"), cancelButtonText: t("common.cancel"), closeOnClickModal: false,
      inputValidator: (value: string) => quotaOf(value ?? "") !== null || t("chainApp.number1"),
    });
    return quotaOf((answer as { value: string }).value);
  } catch {
    return null;
  }
}
