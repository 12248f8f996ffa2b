import { ElMessageBox } from "element-plus";
import { i18n } from "@/i18n";
import { quotaOf } from "@/lib/quota";

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
