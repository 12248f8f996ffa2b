/** The four levels, read one level at a time as they are opened, and moved through by the keyboard. */
import { computed, nextTick, ref, shallowRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { catalog, type TreeNode } from "@/api/catalog";
import { useAsync } from "./useAsync";

export interface Branch extends TreeNode {
  path: string;
  label: string;
  children?: Branch[];
}
export const WAITING = "…";

interface Handle {
  setCurrentKey: (key: string) => void;
  setExpandedKeys: (keys: string[]) => void;
  scrollToNode: (key: string, strategy?: "auto" | "center") => void;
}

export function useKindTree(tree: Ref<Handle | null>, box: Ref<HTMLElement | undefined>) {
  const { t, te } = useI18n();
  const roots = shallowRef<Branch[]>([]);
  const opened = ref<string[]>([]);
  const cursor = ref("");

  function nameOf(node: TreeNode): string {
    if (node.kind === "kind" && te(`department.${node.code}`)) return t(`department.${node.code}`);
    return node.kind === "unlinked" ? t("catalog.noDuty") : node.name;
  }
  /** A node is keyed by its path: one data entry may hang below several duties. */
  function branch(node: TreeNode, parent: string): Branch {
    const path = `${parent}/${node.key}`;
    const made: Branch = { ...node, path, label: nameOf(node) };
    const more = node.below > 0 || (node.counts?.data_entry ?? 0) > 0;
    if (more) made.children = [{ ...node, key: WAITING, path: `${path}/${WAITING}`, label: WAITING, below: 0, children: undefined }];
    return made;
  }
  const { loading, error, load, data } = useAsync(async () => {
    const answer = await catalog.tree();
    roots.value = answer.items.map((node) => branch(node, ""));
    opened.value = [];
    if (roots.value[0]) await expand(roots.value[0]);
    return answer;
  });

  async function fill(node: Branch): Promise<void> {
    if (node.children?.length !== 1 || node.children[0]!.label !== WAITING) return;
    const answer = await catalog.tree(node.key);
    node.children = answer.items.map((child) => branch(child, node.path));
    if (answer.cut) node.children.push({ ...node, key: WAITING, path: `${node.path}/more`, label: t("catalog.more"), below: 0, counts: null, children: undefined });
    roots.value = [...roots.value];
  }
  async function expand(node: Branch): Promise<void> {
    if (!opened.value.includes(node.path)) opened.value = [...opened.value, node.path];
    await fill(node);
  }
  function collapse(node: Branch): void {
    opened.value = opened.value.filter((key) => key !== node.path);
  }
  /** Open the way down to a node, given the keys of the nodes above it and its own. */
  async function reveal(keys: string[]): Promise<void> {
    let level = roots.value;
    let found: Branch | undefined;
    for (const key of keys) {
      found = level.find((one) => one.key === key);
      if (!found) break;
      if (key !== keys[keys.length - 1]) await expand(found);
      level = found.children ?? [];
    }
    if (!found) return;
    tree.value?.setExpandedKeys(opened.value);
    await nextTick();
    focus(found.path);
  }

  /** What is on the screen, top to bottom. */
  const lines = computed(() => {
    const open = new Set(opened.value);
    const found: { node: Branch; parent: Branch | null }[] = [];
    const walk = (nodes: Branch[], parent: Branch | null): void => {
      for (const node of nodes) {
        found.push({ node, parent });
        if (node.children && open.has(node.path)) walk(node.children, node);
      }
    };
    walk(roots.value, null);
    return found;
  });
  function focus(path: string): void {
    cursor.value = path;
    tree.value?.setCurrentKey(path);
    tree.value?.scrollToNode(path);
    void nextTick(() => {
      setTimeout(() => box.value?.querySelector<HTMLElement>(`[data-key="${CSS.escape(path)}"]`)?.focus({ preventScroll: true }), 0);
    });
  }
  async function onKey(event: KeyboardEvent, pick: (node: Branch) => void): Promise<void> {
    const at = lines.value.findIndex((one) => one.node.path === cursor.value);
    const here = lines.value[at];
    const go = (index: number): void => {
      const line = lines.value[Math.max(0, Math.min(lines.value.length - 1, index))];
      if (line) focus(line.node.path);
    };
    const open = !!here && opened.value.includes(here.node.path);
    const acts: Record<string, () => unknown> = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(lines.value.length - 1),
      PageDown: () => go(at + 15), PageUp: () => go(at - 15),
      ArrowRight: async () => {
        if (!here?.node.children) return;
        if (open) return go(at + 1);
        await expand(here.node);
        tree.value?.setExpandedKeys(opened.value);
        focus(here.node.path);
      },
      ArrowLeft: () => {
        if (here && open) {
          collapse(here.node);
          tree.value?.setExpandedKeys(opened.value);
          focus(here.node.path);
        } else if (here?.parent) focus(here.parent.path);
      },
      Enter: () => here && here.node.key !== WAITING && pick(here.node),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    await act();
  }
  return { roots, opened, cursor, loading, error, data, load, expand, collapse, reveal, focus, onKey };
}
