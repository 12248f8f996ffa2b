import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { departments as source, type Department } from "@/api/kernel";

/** Every department of the district, read once: pickers and tables show names, the API speaks ids. */
export const useDepartments = defineStore("departments", () => {
  const items = shallowRef<Department[]>([]);
  const loaded = ref(false);
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const all: Department[] = [];
    for (let page = 1; ; page += 1) {
      const answer = await source.list({ page: String(page), size: "200" });
      all.push(...answer.items);
      if (answer.items.length === 0 || all.length >= answer.total) break;
    }
    items.value = all;
    loaded.value = true;
  }

  /** Names are a help, not a condition: a page that cannot read them still shows its own content. */
  function load(): Promise<void> {
    reading ??= read().catch(() => {
      reading = null;
    });
    return reading;
  }

  function forget(): void {
    reading = null;
    items.value = [];
    loaded.value = false;
  }

  const byId = computed(() => new Map(items.value.map((one) => [one.id, one])));
  const name = (id: string | null | undefined): string => (id ? (byId.value.get(id)?.name ?? "") : "") || "—";

  return { items, loaded, load, forget, name };
});
