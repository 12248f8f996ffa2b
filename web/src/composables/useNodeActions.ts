/** What may be done with a node, and doing it; a submission or a save can be taken back for ten seconds. */
import { computed, ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { catalog, type Action, type Kind, type NodeDetail } from "@/api/catalog";
import { ask, confirm, useAction } from "@/composables/useAction";
import { offerUndo } from "@/lib/undo";
import { useSession } from "@/stores/session";

export function useNodeActions(kind: Kind, detail: Ref<NodeDetail | undefined>, reload: () => Promise<void>) {
  const { t } = useI18n();
  const session = useSession();
  const { busy, run } = useAction();
  const offers = (action: Action, permission: string): boolean =>
    session.can(permission) && (detail.value?.actions ?? []).includes(action);
  const mayEdit = computed(() =>
    session.can("catalog.entry.edit") && !!detail.value &&
    ((["draft", "pub_rejected"].includes(detail.value.node.status) && (detail.value.actions ?? []).length > 0) || offers("change", "catalog.entry.edit")),
  );

  function submitted(node: { id: string; name: string }): void {
    const back = async (): Promise<void> => {
      await catalog.act(kind, node.id, "recall");
      await reload();
    };
    offerUndo(t("catalog.submitted", { name: node.name }), back, t("form.undoneSubmit", { name: node.name }));
  }
  const asking = ref(false);
  /** A resubmission first answers what the last return asked for. */
  async function submit(body?: Record<string, unknown>): Promise<void> {
    const node = detail.value!.node;
    if (!body && (detail.value!.reasons ?? []).length > 0) return void (asking.value = true);
    if (!(await run(() => catalog.act(kind, node.id, "submit", body)))) return;
    asking.value = false;
    submitted(node);
    await reload();
  }
  async function act(action: Action, done: string): Promise<void> {
    const { id, name } = detail.value!.node;
    let body: Record<string, unknown> | undefined;
    if (action === "withdraw" || action === "online" || action === "offline") {
      const reason = await ask(t(`catalog.${action}`), t(`catalog.${action}Text`, { name }));
      if (!reason) return;
      body = { reason };
    }
    if (action === "discard" && !(await confirm({ title: t("catalog.discard"), text: t("catalog.discardText", { name }) }))) return;
    if (!(await run(() => catalog.act(kind, id, action, body), action === "withdraw" ? undefined : t(done, { name })))) return;
    if (action === "withdraw") submitted({ id, name });
    await reload();
  }
  /** After a save: `before` are the stored values of the fields that were changed. */
  async function saved(now: NodeDetail, sent: boolean, before: Record<string, unknown>, status: string): Promise<void> {
    await reload();
    const { id, name, revision } = now.node;
    if (sent) return submitted(now.node);
    const back = async (): Promise<void> => {
      if (status === "published") await catalog.act(kind, id, "discard");
      else await catalog.edit(kind, id, before, `"${String(revision)}"`);
      await reload();
    };
    offerUndo(t("catalog.saved", { name }), back, t("form.undoneSave", { name }));
  }
  return { busy, run, offers, mayEdit, asking, act, submit, saved, submitted };
}
