"""Write a snapshot as the configuration of an engine."""

from pathlib import Path
from types import ModuleType

from sqlalchemy.orm import Session

from gateway.export import apisix, errors, haproxy, kong, nginx, plan
from gateway.export.plan import Plan
from gateway.snapshot import queries
from gateway.snapshot.rules import Compiled, compile_snapshot
from kernel.files_atomic import write_atomic

ENGINES: dict[str, ModuleType] = {"nginx": nginx, "haproxy": haproxy, "kong": kong, "apisix": apisix}


def load(session: Session, environment: str) -> Compiled:
    """Return the current snapshot; raise ``gateway.export.no_snapshot``. No secret of it is opened."""
    number = queries.head_number(session, environment)
    row = queries.load(session, environment, number) if number else None
    if row is None:
        raise errors.NO_SNAPSHOT(environment=environment)
    return compile_snapshot(number, row.sm3, row.body, lambda sealed: b"")


def export(compiled: Compiled, engine: str, out: Path, *, rest: str = "", listen: str, place: str = "") -> Plan:
    """Write the files into ``out``; raise ``gateway.export.refused`` before anything is written.

    ``place``: folder in which the engine will find them (``out`` by default). They name AppKeys: mode 0600.
    """
    module = ENGINES[engine]
    made = plan.make(compiled, engine, module.CAN, rest)
    texts = module.files(made, place or str(out.resolve()), listen)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in texts.items():
        write_atomic(out / name, text.encode(), 0o600)
    return made
