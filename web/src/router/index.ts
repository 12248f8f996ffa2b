import { createRouter, createWebHistory } from "vue-router";
import { i18n } from "@/i18n";
import { safeNext } from "@/lib/urlState";
import { useSession } from "@/stores/session";
import { routes } from "./routes";

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

// A missing right does not redirect: the address stays and the layout shows the 403 page in its place.
router.beforeEach(async (to) => {
  const session = useSession();
  try {
    await session.load();
  } catch {
    return to.path === "/login" ? true : { path: "/login", query: { next: to.fullPath } };
  }
  if (to.path === "/login" && session.user) return safeNext(to.query.next);
  if (to.meta.open) return true;
  if (!session.user) return { path: "/login", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  if (session.user.must_change_password && to.path !== "/password") return "/password";
  return true;
});

export function pageTitle(key: string | undefined): string {
  const { t } = i18n.global;
  return key ? `${t(key)} - ${t("app.name")}` : t("app.name");
}

router.afterEach((to) => {
  document.title = pageTitle(to.meta.title);
});

// After an upgrade the old page asks for chunk files that are gone: load the new bundle once.
router.onError((error: unknown, to) => {
  if (/dynamically imported module|Importing a module|preload/i.test(String(error))) {
    const mark = "mulian.reloaded";
    if (sessionStorage.getItem(mark) === to.fullPath) return;
    sessionStorage.setItem(mark, to.fullPath);
    location.assign(import.meta.env.BASE_URL + to.fullPath.replace(/^\//, ""));
  }
});
