import type { RouteRecordRaw } from "vue-router";

/**
 * Every page once: its path, title key, menu group and the permissions of which one must be held.
 * The menu is read from here, so a page cannot appear in the menu without its guard.
 */
declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    group?: string;
    /** Any one of these opens the page; empty or absent: any signed-in user. */
    anyOf?: string[];
    /** No sign-in needed. */
    open?: boolean;
    /** Shown in the menu. */
    menu?: boolean;
    /** The menu path that stays marked while this page is shown. */
    under?: string;
  }
}

type Loader = () => Promise<unknown>;

function page(path: string, group: string, title: string, anyOf: string[], component: Loader): RouteRecordRaw {
  return { path, component, meta: { title: `menu.${title}`, group, anyOf, menu: true } };
}

function inner(path: string, under: string, title: string, anyOf: string[], component: Loader): RouteRecordRaw {
  return { path, component, meta: { title: `menu.${title}`, anyOf, under } };
}

export const GROUPS = ["work", "catalog", "gateway", "chain", "crypto", "reports", "system"] as const;

export const pages: RouteRecordRaw[] = [
  page("/", "work", "workbench", [], () => import("@/views/work/WorkbenchView.vue")),
  inner("/following", "/", "following", ["catalog.entry.read"], () => import("@/views/work/FollowingView.vue")),

  page("/catalog", "catalog", "directory", ["catalog.entry.read"], () => import("@/views/catalog/DirectoryView.vue")),
  inner("/catalog/new", "/catalog", "newNode", ["catalog.entry.edit"], () => import("@/views/catalog/NewNodeView.vue")),
  inner("/catalog/entries/:id", "/catalog", "entry", ["catalog.entry.read"], () => import("@/views/catalog/EntryView.vue")),
  page("/catalog/search", "catalog", "search", ["catalog.entry.read"], () => import("@/views/search/SearchView.vue")),
  page("/catalog/imports", "catalog", "imports", ["catalog.import.run"], () => import("@/views/catalog/ImportsView.vue")),
  inner("/catalog/imports/:id", "/catalog/imports", "import", ["catalog.import.run"], () => import("@/views/catalog/ImportView.vue")),
  inner("/catalog/proposals", "/catalog/imports", "proposals", ["catalog.entry.read"], () => import("@/views/catalog/ProposalsView.vue")),
  page("/catalog/review", "catalog", "review", ["catalog.review.decide", "catalog.entry.submit"], () => import("@/views/review/ReviewView.vue")),
  inner("/catalog/review-rules", "/catalog/review", "reviewRules", ["catalog.entry.read"], () => import("@/views/review/RulesView.vue")),
  page("/catalog/secrecy-reviews", "catalog", "secrecyReviews", ["catalog.entry.read"], () => import("@/views/review/SecrecyView.vue")),
  page("/catalog/quality", "catalog", "quality", ["catalog.entry.read"], () => import("@/views/quality/QualityView.vue")),
  inner("/catalog/unchanged", "/catalog/quality", "unchanged", ["catalog.entry.read"], () => import("@/views/quality/UnchangedView.vue")),
  page("/catalog/orphans", "catalog", "orphans", ["catalog.entry.read"], () => import("@/views/orphans/OrphansView.vue")),
  page("/catalog/duty-changes", "catalog", "dutyChanges", ["catalog.entry.read"], () => import("@/views/duties/DutyChangesView.vue")),
  page("/catalog/transfers", "catalog", "transfers", ["catalog.entry.read"], () => import("@/views/transfers/TransfersView.vue")),
  inner("/catalog/transfers/new", "/catalog/transfers", "newTransfer", ["catalog.entry.edit"], () => import("@/views/transfers/TransferNewView.vue")),
  page("/catalog/releases", "catalog", "releases", ["catalog.entry.read"], () => import("@/views/releases/ReleasesView.vue")),
  page("/catalog/codes", "catalog", "codes", ["catalog.entry.read"], () => import("@/views/codes/CodesView.vue")),
  page("/catalog/history", "catalog", "history", ["catalog.entry.read"], () => import("@/views/history/HistoryView.vue")),

  page("/gateway/interfaces", "gateway", "interfaces", ["gateway.interface.read"], () => import("@/views/gateway/InterfacesView.vue")),
  inner("/gateway/interfaces/:id", "/gateway/interfaces", "interface", ["gateway.interface.read"], () => import("@/views/gateway/InterfaceView.vue")),
  page("/gateway/apps", "gateway", "apps", ["gateway.app.read"], () => import("@/views/gateway/AppsView.vue")),
  page("/gateway/demands", "gateway", "demands", ["gateway.demand.read"], () => import("@/views/gateway/DemandsView.vue")),
  page("/gateway/collections", "gateway", "collections", ["gateway.collection.read"], () => import("@/views/collection/CollectionsView.vue")),
  inner("/gateway/collections/:id", "/gateway/collections", "collection", ["gateway.collection.read"], () => import("@/views/collection/CollectionView.vue")),
  page("/gateway/files", "gateway", "files", ["gateway.file.read"], () => import("@/views/files/FilesView.vue")),
  page("/gateway/calls", "gateway", "calls", ["gateway.call.read"], () => import("@/views/gateway/CallsView.vue")),
  page("/monitoring", "gateway", "monitoring", ["kernel.watch.read"], () => import("@/views/monitoring/MonitoringView.vue")),
  inner("/monitoring/incidents/:id", "/monitoring", "incident", ["kernel.watch.read"], () => import("@/views/monitoring/IncidentView.vue")),

  page("/chain", "chain", "chainOverview", ["chain.explorer.read"], () => import("@/views/chain/OverviewView.vue")),
  page("/chain/nodes", "chain", "chainNodes", ["chain.node.read"], () => import("@/views/chain/NodesView.vue")),
  page("/chain/units", "chain", "chainUnits", ["chain.anchor.read"], () => import("@/views/chain/ChainUnitsView.vue")),
  page("/chain/explorer", "chain", "explorer", ["chain.explorer.read"], () => import("@/views/chain/ExplorerView.vue")),
  page("/chain/contracts", "chain", "contracts", ["chain.contract.read"], () => import("@/views/chain/ContractsView.vue")),
  inner("/chain/contracts/:name", "/chain/contracts", "contract", ["chain.contract.read"], () => import("@/views/chain/ContractView.vue")),
  page("/chain/accounts", "chain", "chainAccounts", ["chain.contract.read"], () => import("@/views/chain/AccountsView.vue")),
  page("/chain/apps", "chain", "chainApps", ["chain.app.read"], () => import("@/views/chain/ChainAppsView.vue")),
  inner("/chain/apps/:id", "/chain/apps", "chainApp", ["chain.app.read"], () => import("@/views/chain/ChainAppView.vue")),
  page("/chain/verify", "chain", "verify", [], () => import("@/views/chain/VerifyView.vue")),
  page("/chain/witnesses", "chain", "witnesses", ["chain.anchor.read"], () => import("@/views/chain/WitnessesView.vue")),

  page("/crypto/units", "crypto", "units", ["crypto.key.read"], () => import("@/views/crypto/UnitsView.vue")),
  page("/crypto/identifiers", "crypto", "identifiers", ["crypto.identifier.read"], () => import("@/views/crypto/IdentifiersView.vue")),
  page("/crypto/lookups", "crypto", "lookups", ["crypto.lookup.run", "crypto.lookup.audit", "crypto.lookup.grant", "crypto.lookup.approve"], () => import("@/views/crypto/LookupsView.vue")),
  page("/crypto/replacements", "crypto", "replacements", ["crypto.replacement.read"], () => import("@/views/crypto/ReplacementsView.vue")),
  inner("/crypto/replacements/:id", "/crypto/replacements", "replacement", ["crypto.replacement.read"], () => import("@/views/crypto/ReplacementView.vue")),
  page("/crypto/keys", "crypto", "keys", ["crypto.key.read"], () => import("@/views/crypto/KeysView.vue")),
  page("/crypto/rotations", "crypto", "rotations", ["crypto.key.read"], () => import("@/views/crypto/RotationsView.vue")),
  inner("/crypto/rotations/:id", "/crypto/rotations", "rotation", ["crypto.key.read"], () => import("@/views/crypto/RotationView.vue")),
  page("/crypto/self-check", "crypto", "selfcheck", ["crypto.selfcheck.read"], () => import("@/views/crypto/SelfCheckView.vue")),

  page("/reports", "reports", "reports", ["analytics.report.read"], () => import("@/views/reports/ReportsView.vue")),
  inner("/reports/:id", "/reports", "report", ["analytics.report.read"], () => import("@/views/reports/ReportView.vue")),

  page("/system/users", "system", "users", ["kernel.user.read"], () => import("@/views/system/UsersView.vue")),
  page("/system/departments", "system", "departments", [], () => import("@/views/system/DepartmentsView.vue")),
  page("/system/roles", "system", "roles", ["kernel.user.read"], () => import("@/views/system/RolesView.vue")),
  page("/system/jobs", "system", "jobs", [], () => import("@/views/system/JobsView.vue")),
  page("/system/audit", "system", "audit", ["kernel.audit.read"], () => import("@/views/system/AuditView.vue")),
];

export const routes: RouteRecordRaw[] = [
  { path: "/login", component: () => import("@/views/login/LoginView.vue"), meta: { open: true, title: "login.signIn" } },
  {
    path: "/password", component: () => import("@/views/login/PasswordView.vue"), meta: { title: "login.change" },
  },
  {
    path: "/verify", component: () => import("@/views/chain/PublicVerifyView.vue"),
    meta: { open: true, title: "menu.verify" },
  },
  // tasks of links lead here, to exactly the changes that were submitted together
  { path: "/catalog/links", redirect: (to) => ({ path: "/catalog/review", query: { ...to.query, tab: "links" } }) },
  { path: "/approvals/:id", redirect: (to) => ({ path: "/", query: { approval: String(to.params.id) } }) },
  { path: "/catalog/tombstones", redirect: { path: "/catalog/history", query: { tab: "gone" } } },
  { path: "/", component: () => import("@/layout/AppLayout.vue"), children: pages },
  { path: "/:rest(.*)*", component: () => import("@/views/NotFoundView.vue"), meta: { open: true, title: "error.notFound" } },
];
