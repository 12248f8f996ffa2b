import { defineStore } from "pinia";
import { ref } from "vue";
import { notices } from "@/api/kernel";

/** How many notices were not read yet: shown by the bell, changed by whoever reads them. */
export const useNotices = defineStore("notices", () => {
  const unread = ref(0);

  /** The bell is a help: where it cannot be read, the last figure stays. */
  async function load(): Promise<void> {
    unread.value = await notices.list({ unread: "true", size: "1" }).then((answer) => answer.total, () => unread.value);
  }

  return { unread, load };
});
