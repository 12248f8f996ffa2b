import { computed, watch } from "vue";
import { useAsync } from "@/composables/useAsync";
import { showError } from "@/lib/showError";

/** What a search answers; `more` where not everything that fits is among the items. */
export interface Found<Row> {
  items: Row[];
  more?: boolean;
}

/**
 * Choices found while typing: the answer to what was typed last wins, whenever the others arrive.
 * `ask` gets the text without outer blanks; `initial` are the choices before the first answer. A failed search is
 * told and leaves none: the choices of another text must not be picked under this one.
 */
export function useRemoteSearch<Row>(ask: (text: string) => Promise<Found<Row>>, initial: Row[] = []) {
  let asked = "";
  const { data, error, loading: busy, load } = useAsync(() => ask(asked));
  const rows = computed(() => (error.value ? [] : (data.value?.items ?? initial)));
  const more = computed(() => !error.value && data.value?.more === true);
  watch(error, (cause) => {
    if (cause) showError(cause);
  });

  function find(text: string): Promise<void> {
    asked = text.trim();
    return load();
  }
  /** For the focus: a list that was opened is never blank before something is typed. */
  const open = (): unknown => rows.value.length || find("");

  return { rows, more, busy, find, open };
}
