"""Making a new installation: keys, schema, roles, the first four accounts."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.keys.vault import ensure_dev_root
from crypto.scopes import fences
from crypto.servicekeys import service as servicekeys
from gateway.collection import physical
from kernel import logs
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.identity import registry, service
from kernel.identity.actor import system_actor
from kernel.identity.models import User
from kernel.identity.roles import seed_roles
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run

FIRST_ACCOUNTS = (
    ("sysadmin", "系统管理员", "system_admin"),
    ("secadmin1", "安全管理员一", "security_admin"),
    ("secadmin2", "安全管理员二", "security_admin"),
    ("auditor", "审计员", "auditor"),
)
PASSWORD_FILE = "first-passwords.txt"


@dataclass(frozen=True)
class Installed:
    """What :func:`install` did: the runtime, and where one-time passwords were written (None: none issued)."""

    runtime: Runtime
    passwords: Path | None


def install(settings: Settings) -> Installed:
    """Create or upgrade the installation in the home; safe to run again after a crash at any step."""
    place = Home(settings.resolved_home())
    place.prepare()
    logs.configure(settings.log_level)
    with place.lock("migrate"):
        box = servicekeys.create(place)
        wiring.load_registrations()
        database = wiring.database_of(settings, place)
        runtime = Runtime(settings=settings, home=place, database=database, box=box)
        run.upgrade(database)
        if settings.profile == "dev":
            ensure_dev_root(runtime)
        physical.follow(runtime)
        database.run(fences.rebuild_all)  # a migration that rewrites a table on SQLite drops its triggers
        issued = database.run(_seed)
        return Installed(runtime, _write_passwords(place, issued) if issued else None)


def _seed(session: Session) -> dict[str, str]:
    """Create the standard roles or offer them what is new, and the first accounts where there is no user yet."""
    actor = system_actor("install")
    seed_roles(session, actor, dict(registry.grants()))
    if session.scalar(select(User.id).limit(1)) is not None:
        return {}
    issued = {}
    for username, display, role in FIRST_ACCOUNTS:
        _, issued[username] = service.create_user(
            session, actor, username=username, display_name=display, role_keys=[role]
        )
    return issued


def _write_passwords(place: Home, issued: dict[str, str]) -> Path:
    """Write the one-time passwords, readable by this user only. They must be changed at first sign-in."""
    names = {username: display for username, display, _ in FIRST_ACCOUNTS}
    lines = ["# 首次登录口令，登录后须立即修改；修改后请删除本文件", "# One-time passwords: change them, then delete this file"]
    lines += [f"{username}\t{names[username]}\t{password}" for username, password in issued.items()]
    path = place.root / PASSWORD_FILE
    write_atomic(path, ("\n".join(lines) + "\n").encode(), mode=0o600)
    return path
