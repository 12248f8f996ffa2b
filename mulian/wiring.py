"""The one composition root: how the features of ``mulian.features`` are loaded and reach each other.

They are imported when first needed, so that a command pays only for what it uses.
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
from mulian.features import COMMANDS, MODELS, PERMISSIONS, PUBLIC_PATHS, REGISTRATIONS, ROOT_ROUTES, ROUTES

if TYPE_CHECKING:
    from catalog.usage.port import Calls
    from chain.explorer.port import Object
    from kernel.http.dialects import Dialect
    from kernel.identity.actor import Actor

def command_group(name: str) -> ModuleType:
    """Import a group of commands; its ``app`` is the group."""
    module, _ = COMMANDS[name]
    return importlib.import_module(module)


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
