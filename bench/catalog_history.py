"""The directory as of an instant, and the difference between two, against replaying every version in order.

12,000 nodes with three versions each (a third changed, a third moved to another department, the rest withdrawn or
untouched after their second version), written as published versions into a fresh database of each kind. Ours answers
from the versions valid at the instants; the rival reads every version and applies it, as one must without that index.
Both are timed in turn in the same run. ``MULIAN_BENCH_NODES`` sets another size.
"""

import contextlib
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

NODES: Final = int(os.environ.get("MULIAN_BENCH_NODES", "12000"))
ROUNDS: Final = 3
START: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
DAY: Final = timedelta(days=1)


@contextlib.contextmanager
def databases() -> Iterator[dict[str, Any]]:
    """A migrated home on SQLite, and one on PostgreSQL where its server is on this machine."""
    from crypto.servicekeys import service as servicekeys
    from kernel.db import Database
    from kernel.home import Home
    from kernel.runtime import Runtime
    from kernel.settings import Settings
    from mulian import wiring
    from mulian.migrations import run as migrations
    from tests.support import postgres

    wiring.load_registrations()
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder, contextlib.ExitStack() as stack:
        home = Home(Path(folder) / "home")
        home.prepare()
        box = servicekeys.create(home)
        found = {"SQLite": Database.sqlite(home.database_file)}
        if postgres.binaries() is not None:
            server = stack.enter_context(postgres.Server.start(Path(folder)))
            found["PostgreSQL"] = Database(server.create("bench_history"))
        for database in found.values():
            migrations.upgrade(database)
            Runtime(settings=Settings(home=home.root), home=home, database=database, box=box)
        yield found
        for database in found.values():
            database.close()


def fill(database: Any) -> None:
    """Versions of NODES data entries: published on day 1, changed or moved on day 2, a tenth withdrawn on day 3."""
    from sqlalchemy import insert, text

    from catalog.nodes.hashing import Org, hash_version
    from catalog.nodes.kinds import KINDS
    from catalog.nodes.models import NodeVersion
    from kernel.identity.actor import system_actor
    from kernel.identity.service import create_department

    with database.write() as session:
        homes = [
            create_department(session, system_actor("bench"), name=f"样例部门{n}", kind="bureau").id for n in range(40)
        ]
    values = dict.fromkeys(KINDS["data_entry"].hashed) | {
        "abstract": "本目录包括名称、地址、联系电话、开放时间、统一社会信用代码等字段信息。" * 6, "keywords": ["样例"],
        "formats": ["xlsx"], "share_type": "unconditional", "open_type": "unconditional", "level": 1,
        "update_cycle": "monthly", "related_codes": [], "authoritative": False,
    }
    rows: list[dict[str, Any]] = []
    for number in range(NODES):
        node, previous = uuid.UUID(int=number + 1), None
        for version in (1, 2, 3):
            home = homes[(number + (version > 1 and number % 3 == 0)) % 40]
            gone = version == 3 and number % 10 == 0
            fields = {**values, "code": f"P-{number:06d}", "name": f"目录{number}第{version if number % 3 else 1}版"}
            at = START + (version - 1) * DAY + timedelta(microseconds=number)
            made = hash_version("data_entry", node, fields, [], org=Org(str(home)[:18], "样例"), version=version,
                                prev_hash=previous, valid_from=at, withdrawn=gone)
            rows.append({
                "id": uuid.uuid5(node, str(version)), "node_kind": "data_entry", "node_id": node, "version": version,
                "code": fields["code"], "department_id": home, "content": made.content, "prev_hash": previous,
                "action": "withdraw" if gone else "publish" if version == 1 else "change", "valid_from": at,
                "entry_hash": made.entry_hash, "audit_id": node,
            })
            previous = made.entry_hash
    with database.write() as session:
        for start in range(0, len(rows), 5000):
            session.execute(insert(NodeVersion), rows[start : start + 5000])
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE node_version"))


def replayed(session: Any, at: datetime) -> dict[uuid.UUID, Any]:
    """Every version, applied in the order of time."""
    from sqlalchemy import select

    from catalog.nodes.models import NodeVersion as Version

    held: dict[uuid.UUID, Any] = {}
    columns = (Version.node_id, Version.action, Version.department_id, Version.content, Version.valid_from)
    for row in session.execute(select(*columns).order_by(Version.valid_from)):
        if row.valid_from <= at:
            if row.action == "withdraw":
                held.pop(row.node_id, None)
            else:
                held[row.node_id] = (row.department_id, json.loads(row.content))
    return held


def _replayed_diff(session: Any, first: datetime, second: datetime) -> int:
    from catalog.history.rules import field_changes

    old, new = replayed(session, first), replayed(session, second)
    both = old.keys() & new.keys()
    changed = sum(bool(field_changes(old[one][1], new[one][1])) or old[one][0] != new[one][0] for one in both)
    return changed + len(old.keys() ^ new.keys())


def _tasks(session: Any) -> dict[str, tuple[Callable[[], int], Callable[[], int]]]:
    from catalog.history import difference, service
    from catalog.history.queries import Filters
    from kernel.identity.actor import system_actor

    actor, second, third = system_actor("bench"), START + DAY / 2, START + 3 * DAY
    return {
        "one page as of a day": (
            lambda: service.listed(session, actor, third, Filters(), limit=50, offset=NODES // 2)[1],
            lambda: len(replayed(session, third)),
        ),
        "counts by department as of a day": (
            lambda: sum(sum(one.levels.values()) for one in service.counts(session, actor, third, Filters())),
            lambda: len(replayed(session, third)),
        ),
        "whole difference between two days": (
            lambda: len(difference.between(session, actor, second, third)),
            lambda: _replayed_diff(session, second, third),
        ),
    }


def _measure(ours: Callable[[], int], rival: Callable[[], int]) -> tuple[float, float]:
    mine, theirs = [], []
    for _ in range(ROUNDS):
        for task, times in ((ours, mine), (rival, theirs)):
            started = time.perf_counter()
            answer = task()
            times.append(time.perf_counter() - started)
            if task is ours:
                expected = answer
            elif answer != expected:
                raise AssertionError(f"the rival found {answer}, we {expected}")
    return statistics.median(mine), statistics.median(theirs)


def run() -> dict[str, Any]:
    """One row a question and database; ``ours`` and ``rival`` are seconds."""
    rows = []
    with databases() as found:
        for name, database in found.items():
            fill(database)
            with database.read() as session:
                for title, (ours, rival) in _tasks(session).items():
                    mine, theirs = _measure(ours, rival)
                    rows.append({
                        "name": f"{title}, {NODES} nodes x 3 versions, {name}", "ratio": round(theirs / mine, 1),
                        "unit": "x", "ours": f"{mine:.3f} s", "rival": f"replay {theirs:.3f} s",
                    })
    return {"rows": rows}
