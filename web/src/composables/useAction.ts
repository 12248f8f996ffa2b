import { ElMessage, ElMessageBox } from "element-plus";
import { ref } from "vue";
import { i18n } from "@/i18n";
import { showError } from "@/lib/showError";

interface Confirmation {
  title: string;
  text: string;
  danger?: boolean;
  button?: string;
}

/** Asks before an act that others will notice; resolves to false when the user thinks better of it. */
export async function confirm(given: Confirmation): Promise<boolean> {
  const { t } = i18n.global;
  try {
    await ElMessageBox.confirm(given.text, given.title, {
      type: given.danger ? "error" : "warning",
      confirmButtonText: given.button ?? t("common.confirm"),
      cancelButtonText: t("common.cancel"),
      confirmButtonClass: given.danger ? "el-button--danger" : "",
    });
    return true;
  } catch {
    return false;
  }
}

/** Asks for one line of text (a reason, an opinion) of at least so many characters; null when cancelled. */
export async function ask(title: string, text: string, required = true, least = 1): Promise<string | null> {
  const { t } = i18n.global;
  try {
    const answer = await ElMessageBox.prompt(text, title, {
      confirmButtonText: t("common.confirm"),
      cancelButtonText: t("common.cancel"),
      inputType: "textarea",
      closeOnClickModal: false,
      inputValidator: (value: string) => {
        const given = value?.trim().length ?? 0;
        if (!required || given >= least) return true;
        return given ? t("common.atLeast", { n: least }) : t("common.required");
      },
    });
    return (answer as { value: string }).value?.trim() ?? "";
  } catch {
    return null;
  }
}

/** Has a name typed out before what cannot be undone; false when the user thinks better of it. */
export async function typeOut(title: string, text: string, name: string): Promise<boolean> {
  const { t } = i18n.global;
  try {
    await ElMessageBox.prompt(text, title, {
      type: "error",
      confirmButtonText: t("common.confirm"),
      cancelButtonText: t("common.cancel"),
      confirmButtonClass: "el-button--danger",
      closeOnClickModal: false,
      inputValidator: (value: string) => value?.trim() === name || t("common.typeOut", { name }),
    });
    return true;
  } catch {
    return false;
  }
}

/** One write at a time: busy while it runs, its error shown, a sentence naming the object when it succeeds. */
export function useAction() {
  const busy = ref(false);

  async function run<T>(act: () => Promise<T>, done?: string | ((answer: T) => string)): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    try {
      const answer = await act();
      const text = typeof done === "function" ? done(answer) : done;
      if (text) ElMessage({ type: "success", message: text, duration: 5000, showClose: true });
      return answer;
    } catch (error) {
      showError(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  return { busy, run };
}
