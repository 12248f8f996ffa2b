import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { catalog, type CodeList } from "@/api/catalog";
import { bilingual } from "@/i18n";

/** The catalog's code lists: the API stores tokens, people read labels. */
export const useCodeLists = defineStore("codeLists", () => {
  const lists = shallowRef<CodeList[]>([]);
  const error = shallowRef<unknown>(null);
  let reading: Promise<void> | null = null;

  function load(): Promise<void> {
    reading ??= catalog
      .codeLists()
      .then((answer) => {
        lists.value = answer.lists;
        error.value = null;
      })
      .catch((cause: unknown) => {
        reading = null;
        error.value = cause;
      });
    return reading;
  }

  const byKey = computed(() => new Map(lists.value.map((list) => [list.key, list])));
  const tokens = (key: string) => byKey.value.get(key)?.tokens ?? [];

  /** The label of a token; what is not in its list is shown as it is. */
  function label(key: string, token: unknown): string {
    if (token === null || token === undefined || token === "") return "—";
    const found = tokens(key).find((one) => one.token === String(token));
    return found ? bilingual(found) : String(token);
  }

  return { lists, error, load, tokens, label };
});
