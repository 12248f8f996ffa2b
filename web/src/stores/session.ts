import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, setCsrf } from "@/api/client";
import { ApiError } from "@/api/errors";

export interface Me {
  id: string;
  name: string;
  display_name: string;
  department: { id: string; name: string; kind: string } | null;
  roles: { key: string; name_zh: string; name_en: string }[];
  permissions: string[];
  scope: string;
  must_change_password: boolean;
}

interface SessionAnswer {
  user: Me;
  csrf: string;
}

/** Marks that this browser has signed in before, so that a first visit need not ask (and be answered 401). */
const HINT = "mulian.signedIn";

/** Who is signed in. The CSRF value goes to the client's memory and nowhere else. */
export const useSession = defineStore("session", () => {
  const user = ref<Me | null>(null);
  const known = ref(false);
  const reloginOpen = ref(false);
  let waiting: ((signedIn: boolean) => void)[] = [];

  const permissions = computed(() => new Set(user.value?.permissions ?? []));

  function accept(answer: SessionAnswer): void {
    user.value = answer.user;
    known.value = true;
    setCsrf(answer.csrf);
    localStorage.setItem(HINT, "1");
  }

  /** True when any of the wanted permissions is held; nothing wanted means any signed-in user. */
  function can(...wanted: string[]): boolean {
    return wanted.length === 0 || wanted.some((key) => permissions.value.has(key));
  }

  async function load(): Promise<void> {
    if (known.value) return;
    if (!localStorage.getItem(HINT)) {
      known.value = true;
      return;
    }
    try {
      accept(await api.get<SessionAnswer>("/session", undefined, { anonymous: true }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      known.value = true;
      localStorage.removeItem(HINT);
    }
  }

  async function refresh(): Promise<boolean> {
    known.value = false;
    await load();
    return user.value !== null;
  }

  async function signIn(username: string, password: string): Promise<void> {
    accept(await api.post<SessionAnswer>("/session", { username, password }, { anonymous: true }));
  }

  async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
    await api.post("/session/password", { old_password: oldPassword, new_password: newPassword });
    await refresh();
  }

  async function signOut(): Promise<void> {
    try {
      await api.delete("/session", { anonymous: true });
    } finally {
      user.value = null;
      setCsrf("");
      localStorage.removeItem(HINT);
    }
  }

  /** Called on a 401 in the middle of work: the page stays as it is and a sign-in box opens above it. */
  function expired(): Promise<boolean> {
    if (user.value === null) return Promise.resolve(false);
    reloginOpen.value = true;
    return new Promise((resolve) => waiting.push(resolve));
  }

  function settleRelogin(signedIn: boolean): void {
    reloginOpen.value = false;
    if (!signedIn) user.value = null;
    waiting.forEach((resolve) => resolve(signedIn));
    waiting = [];
  }

  return {
    user, known, permissions, reloginOpen,
    can, load, refresh, signIn, signOut, changePassword, expired, settleRelogin,
  };
});
