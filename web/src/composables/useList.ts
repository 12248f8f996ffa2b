import { computed, reactive, ref, shallowRef, watch, type ShallowRef } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import { isFiltered, readState, toParams, writeState, type Filters } from "@/lib/urlState";

export interface Page<T> {
  items: T[];
  total: number;
  page?: number;
  size?: number;
}

type Loader<T> = (params: Record<string, string | string[]>) => Promise<Page<T>>;

/**
 * A paged list whose whole state is the URL: `search` writes the query, the change of the query loads.
 * `defaults` names every filter; `draft` is what the search row edits until 查询 is pressed.
 */
export function useList<T>(loader: Loader<T>, defaults: Filters = {}) {
  const route = useRoute();
  const router = useRouter();
  const home = route.path;
  const state = ref(readState(route.query, defaults));
  const draft = reactive<Filters>({ ...state.value.filters });
  const items: ShallowRef<T[]> = shallowRef([]);
  const total = ref(0);
  const loading = ref(false);
  const loaded = ref(false);
  const error = shallowRef<unknown>(null);
  let latest = 0;

  async function reload(): Promise<void> {
    const mine = ++latest;
    loading.value = true;
    try {
      const answer = await loader(toParams(state.value));
      if (mine !== latest) return;
      items.value = answer.items;
      total.value = answer.total;
      error.value = null;
    } catch (cause) {
      if (mine === latest) error.value = cause;
    } finally {
      if (mine === latest) {
        loading.value = false;
        loaded.value = true;
      }
    }
  }

  function go(next: Partial<typeof state.value>): void {
    const query = writeState({ ...state.value, ...next }, defaults, route.query);
    void router.push({ path: home, query: query as LocationQueryRaw });
  }

  const search = (): void => {
    const same = JSON.stringify(draft) === JSON.stringify(state.value.filters) && state.value.page === 1;
    if (same) void reload();
    else go({ page: 1, filters: { ...draft } });
  };
  const reset = (): void => {
    Object.assign(draft, JSON.parse(JSON.stringify(defaults)));
    search();
  };
  const toPage = (page: number): void => go({ page });
  const toSize = (size: number): void => go({ page: 1, size });
  const filtered = computed(() => isFiltered(state.value.filters, defaults));

  watch(
    () => route.fullPath,
    () => {
      if (route.path !== home) return;
      const next = readState(route.query, defaults);
      if (JSON.stringify(next) === JSON.stringify(state.value)) return;
      state.value = next;
      Object.assign(draft, next.filters);
      void reload();
    },
  );
  void reload();

  /** Another page of the same list, for exporting it. */
  const fetchPage = (page: number, size: number): Promise<Page<T>> => loader(toParams({ ...state.value, page, size }));

  return {
    fetchPage, state, draft, items, total, loading, loaded, error, filtered, reload, search, reset, toPage, toSize,
  };
}

export type List<T> = ReturnType<typeof useList<T>>;
