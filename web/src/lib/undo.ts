import { ElNotification } from "element-plus";
import { defineComponent, h, onBeforeUnmount, ref } from "vue";
import { i18n } from "@/i18n";
import { showError } from "./showError";

const SECONDS = 10;

/** Says what was done and offers to take it back while the line is shown. */
export function offerUndo(done: string, undo: () => Promise<unknown>, undone: string): void {
  const { t } = i18n.global;
  const Line = defineComponent({
    setup() {
      const left = ref(SECONDS);
      const busy = ref(false);
      const timer = setInterval(() => {
        left.value -= 1;
        if (left.value <= 0) handle.close();
      }, 1000);
      onBeforeUnmount(() => clearInterval(timer));
      const back = async (): Promise<void> => {
        if (busy.value) return;
        busy.value = true;
        try {
          await undo();
          handle.close();
          ElNotification({ type: "info", title: undone, duration: 4000, position: "bottom-right" });
        } catch (error) {
          handle.close();
          showError(error);
        }
      };
      return () =>
        h("button", { type: "button", class: "undo-button", "data-test": "undo-last", disabled: busy.value, onClick: back }, `${t("common.undo")} (${left.value})`);
    },
  });
  const handle = ElNotification({ type: "success", title: done, message: h(Line), duration: 0, position: "bottom-right" });
}
