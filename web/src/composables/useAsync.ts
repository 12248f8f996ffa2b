import { onScopeDispose, ref, shallowRef } from "vue";
import { background } from "@/api/client";

/** Runs a loader and keeps its data, error and busy state; an older answer never overwrites a newer one. */
export function useAsync<T>(loader: () => Promise<T>) {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = ref(false);
  let latest = 0;

  async function load(): Promise<void> {
    const mine = ++latest;
    loading.value = true;
    try {
      const answer = await loader();
      if (mine !== latest) return;
      data.value = answer;
      error.value = null;
    } catch (cause) {
      if (mine === latest) error.value = cause;
    } finally {
      if (mine === latest) loading.value = false;
    }
  }

  return { data, error, loading, load };
}

/**
 * Repeats an action while the page is shown; pauses in a hidden tab, and while the last turn is not answered:
 * behind the sign-in box of an ended session requests would pile up. What is polled does not keep the session alive.
 */
export function usePoll(action: () => unknown, everyMs: number): { stop: () => void } {
  let waiting = false;
  async function turn(): Promise<void> {
    if (document.hidden || waiting) return;
    waiting = true;
    try {
      await background(action);
    } finally {
      waiting = false;
    }
  }
  const timer = setInterval(() => void turn(), everyMs);
  const stop = (): void => clearInterval(timer);
  onScopeDispose(stop);
  return { stop };
}
