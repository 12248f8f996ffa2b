import { ElMessageBox } from "element-plus";
import { h } from "vue";
import { ApiError, fallbackKey, type Problem } from "@/api/errors";
import { i18n } from "@/i18n";

export interface Explained {
  what: string;
  todo: string;
  trace: string;
}

/** The three things a person needs: what happened, what to do, the number to tell the help desk. */
export function explain(error: unknown): Explained {
  const { t } = i18n.global;
  if (!(error instanceof ApiError)) {
    return { what: t("error.client"), todo: String(error instanceof Error ? error.message : error), trace: "" };
  }
  const problem: Problem = error.problem;
  const key = fallbackKey(problem);
  return {
    what: problem.detail || problem.title || t(`${key}.what`, { status: problem.status }),
    todo: problem.fix || t(`${key}.todo`),
    trace: problem.trace ?? "",
  };
}

/** For writes: a box that stays until it was read, because a toast is gone before it is understood. */
export function showError(error: unknown): void {
  const { t } = i18n.global;
  const shown = explain(error);
  const lines = [
    h("p", { style: "margin:0 0 8px" }, shown.what),
    h("p", { style: "margin:0 0 8px", class: "muted" }, `${t("error.todo")}${shown.todo}`),
  ];
  if (shown.trace) lines.push(h("p", { style: "margin:0", class: "mono muted" }, `${t("error.trace")}${shown.trace}`));
  ElMessageBox({
    title: t("error.title"),
    message: h("div", { "data-test": "error-box" }, lines),
    type: "error",
    confirmButtonText: t("common.gotIt"),
    customClass: "error-box",
  }).catch(() => undefined);
}
