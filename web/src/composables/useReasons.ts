/** What a reviewer writes beside single fields, items and cells of a case before returning it. */
import { computed, reactive } from "vue";
import type { ReasonIn } from "@/api/reviews";

export function reasonKey(field: string | null, childId: string | null): string {
  return `${childId ?? ""}/${field ?? ""}`;
}

export function useReasons() {
  const words = reactive<Record<string, string>>({});
  const list = computed<ReasonIn[]>(() =>
    Object.entries(words)
      .filter(([, text]) => text.trim() !== "")
      .map(([key, text]) => {
        const [child, field] = key.split("/");
        return { reason: text.trim(), field: field || null, child_id: child || null };
      }),
  );
  const open = (key: string): void => void (words[key] ??= "");
  const drop = (key: string): void => void delete words[key];
  return { words, list, open, drop };
}
export type Reasons = ReturnType<typeof useReasons>;
