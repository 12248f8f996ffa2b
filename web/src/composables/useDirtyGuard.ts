import { onBeforeUnmount, onMounted, type Ref } from "vue";
import { onBeforeRouteLeave } from "vue-router";
import { i18n } from "@/i18n";
import { confirm } from "./useAction";

/** Nobody loses a half-filled form by a stray click: leaving asks first, closing the tab asks the browser. */
export function useDirtyGuard(dirty: Ref<boolean>): void {
  const beforeUnload = (event: BeforeUnloadEvent): void => {
    if (!dirty.value) return;
    event.preventDefault();
    event.returnValue = "";
  };
  onMounted(() => window.addEventListener("beforeunload", beforeUnload));
  onBeforeUnmount(() => window.removeEventListener("beforeunload", beforeUnload));
  onBeforeRouteLeave(async () => {
    if (!dirty.value) return true;
    const { t } = i18n.global;
    return confirm({ title: t("common.unsavedTitle"), text: t("common.unsavedText"), button: t("common.leave") });
  });
}

/** Ctrl S (⌘ S) saves instead of storing the page. */
export function useSaveKey(save: () => unknown): void {
  const onKey = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      void save();
    }
  };
  onMounted(() => window.addEventListener("keydown", onKey));
  onBeforeUnmount(() => window.removeEventListener("keydown", onKey));
}
