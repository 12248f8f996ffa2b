"""The one composition root: which features exist and how they reach each other.

Lists of module names, imported when first needed, so that a command pays only for what it uses.
"""

import gc
import importlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kernel import cli, home, logs
from kernel.db import Database
from kernel.events import subscribe
from kernel.home import Home
from kernel.identity import registry
from kernel.runtime import Runtime
from kernel.settings import Settings

if TYPE_CHECKING:
    from catalog.usage.port import Calls
    from chain.explorer.port import Object
    from kernel.http.dialects import Dialect
    from kernel.identity.actor import Actor

# modules with tables
MODELS = (
    "kernel.identity.models",
    "kernel.audit.models",
    "kernel.leases.models",
    "kernel.jobs.models",
    "kernel.outbox.models",
    "kernel.approvals.models",
    "kernel.notices.models",
    "kernel.cases.models",
    "kernel.duty.models",
    "kernel.watch.models",
    "kernel.watch.incidents.models",
    "kernel.watch.channels.models",
    "kernel.files.models",
    "kernel.calendar.models",
    "crypto.scopes.models",
    "crypto.keys.models",
    "crypto.rotation.models",
    "crypto.copies.models",
    "crypto.persons.models",
    "crypto.replacement.models",
    "crypto.identifiers.models",
    "crypto.lookups.models",
    "chain.contracts.models",
    "chain.nodes.models",
    "chain.anchoring.models",
    "chain.witness.models",
    "chain.indexer.models",
    "chain.apps.models",
    "chain.operations.models", "chain.registries.models", "chain.accounts.models",
    "analytics.reports.models",
    "catalog.codes.models",
    "catalog.nodes.models",
    "catalog.links.models",
    "catalog.ledger.models",
    "catalog.history.models",
    "catalog.transfers.models",
    "catalog.dutychange.models",
    "catalog.review.models",
    "catalog.public.models",
    "catalog.imports.models",
    "catalog.proposals.models",
    "catalog.search.models",
    "catalog.needs.models",
    "catalog.demands.models",
    "catalog.unchanged.models",
    "catalog.quality.models",
    "catalog.comments.models",
    "catalog.subscriptions.models",
    "catalog.favourites.models",
    "catalog.usage.models",
    "catalog.duplicates.models",
    "catalog.feed.models",
    "gateway.interfaces.models",
    "gateway.apps.models",
    "gateway.grants.models",
    "gateway.maintenance.models", "gateway.pages.models", "gateway.trials.models",
    "gateway.snapshot.models",
    "gateway.broker.models",
    "gateway.calllog.models",
    "gateway.collection.models",
    "gateway.health.models",
    "gateway.collection.models", "gateway.files.models",
)
# modules with an ``api`` router, mounted under /api/v1
ROUTES = (
    "kernel.identity.routes",
    "kernel.calendar.routes",
    "kernel.audit.routes",
    "kernel.jobs.routes",
    "kernel.approvals.routes",
    "kernel.notices.routes",
    "kernel.cases.routes",
    "kernel.duty.routes",
    "kernel.watch.routes",
    "kernel.watch.incidents.routes",
    "kernel.watch.channels.routes",
    "kernel.watch.availability.routes",
    "kernel.files.routes",
    "crypto.keys.routes",
    "crypto.requests.routes",
    "crypto.replacement.routes",
    "crypto.copies.routes",
    "crypto.selfcheck.routes",
    "crypto.identifiers.routes",
    "crypto.lookups.routes",
    "crypto.units.routes",
    "chain.explorer.routes",
    "chain.contracts.routes",
    "chain.nodes.routes",
    "chain.anchoring.routes",
    "chain.witness.routes",
    "chain.apps.routes",
    "chain.apps.evidence_routes",
    "chain.operations.routes", "chain.registries.routes", "chain.accounts.routes",
    "analytics.reports.routes",
    "catalog.codes.routes",
    "catalog.search.routes",
    "catalog.entries.routes",
    "catalog.feed.routes",
    "catalog.history.routes",
    "catalog.transfers.routes",
    "catalog.dutychange.routes",
    "catalog.imports.routes",
    "catalog.imports.export_routes",
    "catalog.proposals.routes",
    "catalog.links.routes",
    "catalog.trace.routes",
    "catalog.orphans.routes",
    "catalog.ledger.routes",
    "catalog.registry.routes",
    "catalog.review.routes",
    "catalog.public.routes",
    "catalog.stats.routes",
    "catalog.tree.routes",
    "catalog.quality.routes",
    "catalog.unchanged.routes",
    "catalog.comments.routes",
    "catalog.subscriptions.routes",
    "catalog.favourites.routes",
    "catalog.usage.routes",
    "catalog.duplicates.routes",
    "gateway.interfaces.routes",
    "gateway.importing.routes", "gateway.trials.routes", "gateway.maintenance.routes", "gateway.pages.routes",
    "gateway.apps.routes",
    "gateway.demands.routes", "gateway.demands.need_routes",
    "gateway.grants.routes",
    "gateway.calls.routes",
    "gateway.collection.routes",
    "gateway.collection.problem_routes",
    "gateway.health.routes",
    "gateway.collection.problem_routes", "gateway.files.routes",
)
# modules whose ``api`` is mounted at the root: protocols whose paths others have fixed
ROOT_ROUTES: tuple[str, ...] = (
    "catalog.ckan.routes",
    "catalog.dcat.routes",
    "catalog.dcat.identifiers",
    "catalog.oai.routes",
)
# the first segment of what ROOT_ROUTES serve
PUBLIC_PATHS = ("/api/3", "/api/action", "/catalog", "/dataset", "/data.json", "/def", "/service", "/organization",
                "/contact", "/oai")
# modules that register jobs, schedules, outbox handlers, approval kinds or task sources when imported
REGISTRATIONS: tuple[str, ...] = (
    "kernel.approvals.tasks",
    "kernel.audit.jobs",
    "kernel.http.jobs",
    "kernel.jobs.jobs",
    "kernel.outbox.jobs",
    "kernel.watch.jobs",
    "kernel.watch.channels.jobs",
    "crypto.scopes.hook",
    "crypto.rotation.jobs",
    "crypto.destruction.jobs",
    "crypto.requests.jobs",
    "crypto.replacement.jobs",
    "crypto.keys.jobs",
    "crypto.selfcheck.jobs",
    "crypto.identifiers.jobs",
    "crypto.lookups.jobs",
    "chain.contracts.jobs",
    "chain.nodes.jobs",
    "chain.nodes.watching",
    "chain.anchoring.jobs",
    "chain.witness.jobs",
    "chain.indexer.jobs",
    "chain.apps.callbacks",
    "chain.apps.promotion",
    "chain.operations.jobs", "chain.registries.jobs", "chain.accounts.jobs",
    "chain.explorer.jobs",
    "analytics.reports.jobs",
    "catalog.imports.jobs",
    "catalog.search.jobs",
    "catalog.proposals.jobs",
    "catalog.review.tasks",
    "catalog.links.tasks",
    "catalog.ledger.jobs",
    "catalog.transfers.decisions",
    "catalog.dutychange.decisions",
    "catalog.dutychange.tasks",
    "catalog.dutychange.jobs",
    "catalog.review.jobs",
    "catalog.public.release",
    "catalog.demands.tasks",
    "catalog.quality.jobs",
    "catalog.usage.jobs",
    "catalog.duplicates.jobs",
    "catalog.subscriptions.messages",
    "catalog.feed.jobs",
    "gateway.interfaces.tasks",
    "gateway.interfaces.jobs", "gateway.grants.jobs", "gateway.trials.jobs",
    "gateway.interfaces.dependents",
    "gateway.calllog.jobs",
    "gateway.snapshot.jobs",
    "gateway.health.jobs",
    "gateway.collection.jobs", "gateway.files.jobs",
)
# modules with PERMISSIONS and GRANTS
PERMISSIONS = (
    "kernel.identity.permissions",
    "kernel.permissions",
    "kernel.calendar.permissions",
    "crypto.permissions",
    "chain.permissions",
    "catalog.permissions",
    "catalog.quality.permissions",
    "catalog.comments.permissions",
    "analytics.permissions",
    "gateway.permissions",
)
# command group -> (module with ``app``, help)
COMMANDS: dict[str, tuple[str, str]] = {
    "audit": ("kernel.audit.commands", "审计日志：校验 / audit trail"),
    "key": ("crypto.keys.commands", "密钥 / keys"),
    "token": ("crypto.identifiers.commands", "标识：登记字段、签发、查询 / identifiers"),
    "crypto": ("crypto.commands", "加密：清单、明文扫描、围栏、更换 / encryption"),
    "chain": ("chain.commands", "区块链：运行、状态、区块、复算、部署合约 / chain"),
    "contract": ("chain.contracts.commands", "智能合约：登记、试运行、部署、调用 / contracts"),
    "catalog": ("catalog.commands", "四级目录：导入、检索、发布、导出、核对 / catalog"),
    "node": ("chain.nodes.commands", "区块链节点：登记、健康、表决、名单 / chain nodes"),
    "anchor": ("chain.anchoring.commands", "上链存证 / anchoring"),
    "witness": ("chain.witness.program.commands", "存证见证：见证方运行 / witness"),
    "report": ("analytics.reports.commands", "分析报告 / reports"),
    "gateway": ("gateway.commands", "接口网关：运行、状态、调用日志 / gateway"),
    "interface": ("gateway.interfaces.commands", "接口 / interfaces"),
    "collection": ("gateway.collection.commands", "数据汇聚：任务、运行、问题数据 / collection"),
    "app": ("gateway.apps.commands", "应用 / applications"),
}


@cache
def load_models() -> None:
    """Import every table, so that the metadata is whole."""
    _import(MODELS)


@cache
def load_permissions() -> None:
    """Collect the permissions of every package."""
    for module in _import(PERMISSIONS):
        registry.declare(module.PERMISSIONS, module.GRANTS)


@cache
def load_registrations() -> None:
    """Import everything that registers itself, and subscribe the events that go up a floor."""
    load_models()
    load_permissions()
    _import(REGISTRATIONS)
    subscribe_events()
    fill_ports()


def fill_ports() -> None:
    """Let lower floors ask for what only a floor above them knows."""
    from catalog.quality import port as quality_port
    from catalog.usage import port as usage_port
    from chain.apps import port as chain_apps_port
    from chain.explorer import port as explorer_port
    from crypto.lookups import port as lookups_port
    from gateway.apps.door import SignedApps
    from gateway.interfaces.queries import entries_served

    quality_port.install(entries_served)
    usage_port.install(_calls_by_entry)
    explorer_port.install(_objects_by_code)
    lookups_port.install(SignedApps())
    chain_apps_port.install(SignedApps())


def _objects_by_code(session: Session, actor: "Actor", code: str) -> "Sequence[Object]":
    from catalog.nodes.search_by_code import anchored_objects

    return anchored_objects(session, actor, code)


def _calls_by_entry(session: Session, start: datetime, end: datetime) -> "Sequence[Calls]":
    """The reader of the call log is heavy, so it is imported by whoever counts calls."""
    from gateway.usage import calls_by_entry

    return calls_by_entry(session, start, end)


def subscribe_events() -> None:
    """Effects that go up a floor: the lower package publishes, the upper one is called from here."""
    from catalog.demands.events import DemandApproved
    from catalog.events import EntryOnlineChanged, EntryPublished, ReleaseChanged
    from catalog.subscriptions import service as subscriptions
    from chain.anchoring.certificates import on_kek_destroyed, on_rotation_finished
    from chain.anchoring.events import BatchFinal
    from chain.apps.callbacks import on_batch_final
    from crypto.destruction.events import KekDestroyed
    from crypto.rotation.events import RotationFinished
    from gateway.events import InterfacePublished
    from gateway.grants import service as grants
    from gateway.snapshot import releases
    from mulian import registries

    registries.subscribe_registries()
    subscribe(RotationFinished, on_rotation_finished)
    subscribe(KekDestroyed, on_kek_destroyed)
    subscribe(BatchFinal, on_batch_final)
    subscribe(DemandApproved, grants.on_demand_approved)
    subscribe(InterfacePublished, grants.on_interface_published)
    subscribe(EntryPublished, subscriptions.on_published)
    subscribe(EntryOnlineChanged, subscriptions.on_online_changed)
    subscribe(EntryPublished, releases.on_entry_published)
    subscribe(ReleaseChanged, releases.on_release_changed)


def routers() -> list[ModuleType]:
    """Return the modules with an ``api`` router."""
    return _import(ROUTES)


def root_routers() -> list[ModuleType]:
    """Return the modules whose ``api`` is mounted at the root."""
    return _import(ROOT_ROUTES)


def dialects(settings: Settings) -> "list[Dialect]":
    """How the public protocols that have a form for errors say one."""
    return [module.dialect(settings) for module in root_routers() if hasattr(module, "dialect")]


def is_public_path(path: str) -> bool:
    """Whether a path is one of the public protocols: at, below or with an extension after one of PUBLIC_PATHS."""
    return any(path == one or path.startswith((f"{one}/", f"{one}.")) for one in PUBLIC_PATHS)


def flush() -> None:
    """Write what this process has only counted so far: before it ends."""
    from catalog.usage import buffer

    buffer.flush_all()


def open_runtime(settings: Settings) -> Runtime:
    """Open an existing installation: its SecretBox, its database (refused when newer than the program)."""
    from crypto.servicekeys import service as servicekeys
    from gateway.collection import physical
    from mulian.migrations import run

    place = Home(settings.resolved_home())
    if not place.service_keys_dir.is_dir():
        raise home.MISSING(home=str(place.root))
    place.prepare()
    logs.configure(settings.log_level)
    load_registrations()
    database = database_of(settings, place)
    runtime = Runtime(settings=settings, home=place, database=database, box=servicekeys.open_box(place))
    run.check(database)
    physical.follow(runtime)
    return runtime


def database_of(settings: Settings, place: Home) -> Database:
    """Return the database that the settings name."""
    return Database(settings.database_url) if settings.database_url else Database.sqlite(place.database_file)


def checkout() -> Path:
    """Return the folder from which the packages are imported."""
    return Path(__file__).resolve().parent.parent


def _import(names: tuple[str, ...]) -> list[ModuleType]:
    collecting = gc.isenabled()
    gc.disable()  # nothing that a module makes is garbage: looking for it is a fifth of the time
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        if collecting:
            gc.enable()


def _open_for_command(settings: Settings) -> Runtime:
    """Open for a command, which has no upgrade before it; parts of an installation say by /readyz what is missing."""
    from mulian.migrations import run

    runtime = open_runtime(settings)
    run.check_current(runtime.database)
    return runtime


cli.install_opener(_open_for_command)
