"""Opening one level of the tree in a department of 12,000 nodes, over real HTTP, against an empty route.

The empty route passes the same way (sign-in, permission, unit of work, JSON) and reads nothing of the directory.
Requests of both alternate on one connection. The ratio is of processor time (server and client together), because the
machine may be shared; wall times stand beside it. The number of statements of each opening is counted at two sizes of
the department: it must not grow with the nodes.
"""

import os
import socket
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import event, insert

from bench._home import fresh
from catalog.nodes.models import DataEntry, DataSystem, DbTable, Duty, DutyData, System, SystemTable
from catalog.nodes.service import KINDS, filled
from catalog.tree import service as tree
from kernel import clock, ids
from kernel.db import Database
from kernel.http import Actor_, Session_, needs, router
from kernel.identity import registry, service
from kernel.identity.actor import system_actor
from kernel.identity.roles import seed_roles

NODES = int(os.environ.get("MULIAN_BENCH_TREE", "12000"))
REQUESTS = int(os.environ.get("MULIAN_BENCH_REQUESTS", "1500"))
EMPTY = "/api/v1/bench/empty"
empty = router(prefix="/bench", tags=["bench"])


@empty.get("/empty", **needs("catalog.entry.read"))
def nothing(session: Session_, actor: Actor_) -> dict[str, int]:
    """Signed in, permitted, in a unit of work; nothing is read."""
    return {}


def fill(database: Database, department_id: uuid.UUID, nodes: int) -> dict[str, str]:
    """One twentieth duties, two fifths entries, a fortieth systems, the rest tables; a few entries without a duty."""
    duties, entries, systems = nodes // 20, nodes * 2 // 5, nodes // 40
    tables = nodes - duties - entries - systems
    made: dict[str, list[uuid.UUID]] = {}

    def unit(session: Any) -> None:
        for key, model, count in (
            ("duty", Duty, duties), ("data_entry", DataEntry, entries), ("system", System, systems),
            ("db_table", DbTable, tables),
        ):
            rows = [_row(key, department_id, number) for number in range(count)]
            made[key] = [row["id"] for row in rows]
            session.execute(insert(model), rows)
        linked = made["data_entry"][: entries - entries // 50]
        _link(session, DutyData, "duty_id", "entry_id", made["duty"], linked)
        _link(session, DataSystem, "system_id", "entry_id", made["system"], made["data_entry"])
        _link(session, SystemTable, "system_id", "table_id", made["system"], made["db_table"])

    database.run(unit)
    return {
        "department": f"department:{department_id}", "duty": f"duty:{made['duty'][0]}",
        "unlinked": f"unlinked:{department_id}", "entry": f"data_entry:{made['data_entry'][0]}",
        "system": f"system:{made['system'][0]}",
    }


def _row(key: str, department_id: uuid.UUID, number: int) -> dict[str, Any]:
    node_id, now = ids.new(), clock.now()
    values = {**filled(KINDS[key], {"name": f"样例节点{number}"}), "id": node_id, "code": f"{key}-{node_id}"}
    if key == "db_table":
        values["table_name"] = f"t_{number}"
    if key == "data_entry":
        values["online"] = True
    return {
        **values, "department_id": department_id, "status": "published", "revision": 1, "version": 1, "source": "bench",
        "created_at": now, "updated_at": now, "audit_id": ids.new(),
    }


def _link(session: Any, model: Any, one: str, many: str, ones: list[uuid.UUID], others: list[uuid.UUID]) -> None:
    now = clock.now()
    session.execute(insert(model), [
        {"id": ids.new(), one: ones[at % len(ones)], many: other, "created_at": now, "audit_id": ids.new()}
        for at, other in enumerate(others)
    ])


def statements(database: Database, key: str | None) -> int:
    """How many statements opening ``key`` costs."""
    count = 0

    def heard(*_: Any) -> None:
        nonlocal count
        count += 1

    with database.read() as session:
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", heard)
        tree.children(session, system_actor("bench"), key)
        event.remove(engine, "before_cursor_execute", heard)
    return count


def serve(database: Database) -> tuple[httpx2.Client, Any]:
    """The application on a free port, and a client of a signed-in reader."""
    from mulian.app import create_app

    assert database.runtime is not None
    root, secret = system_actor("bench"), f"Bench#{uuid.uuid4().hex}"

    def account(session: Any) -> None:
        seed_roles(session, root, dict(registry.grants()))
        user, _ = service.create_user(
            session, root, username="reader", display_name="reader", role_keys=["bureau_admin"], password=secret
        )
        user.must_change_password = False

    database.run(account)
    app = create_app(database.runtime)
    app.include_router(empty, prefix="/api/v1")
    # a route that is added last would stand behind the catch-all of the console
    app.router.routes.insert(0, app.router.routes.pop())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    client = httpx2.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30)
    client.post("/api/v1/session", json={"username": "reader", "password": secret}).raise_for_status()
    return client, server


def measure(client: httpx2.Client, keys: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    """(wall, processor) seconds of each request; the empty route before every opening."""
    times: dict[str, list[tuple[float, float]]] = {"empty": [], **{name: [] for name in keys}}
    for key in (*keys.values(), *keys.values()):
        # statements are compiled once for the life of a process
        client.get(EMPTY).raise_for_status()
        client.get("/api/v1/catalog/tree", params={"parent": key}).raise_for_status()
    for _ in range(REQUESTS // len(keys)):
        for name, key in keys.items():
            for label, path, params in (("empty", EMPTY, None), (name, "/api/v1/catalog/tree", {"parent": key})):
                wall, cpu = time.perf_counter(), time.process_time()
                client.get(path, params=params).raise_for_status()
                times[label].append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def at(values: list[tuple[float, float]], which: int, percent: int) -> float:
    """A percentile in milliseconds; ``which`` 0 is wall, 1 processor time."""
    ordered = sorted(value[which] for value in values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def run() -> dict[str, Any]:
    """Measure; see the module's docstring."""
    counts: list[dict[str, int]] = []
    times: dict[str, list[tuple[float, float]]] = {}
    for nodes in (NODES // 12, NODES):
        with tempfile.TemporaryDirectory() as folder:
            database, department_id = fresh(Path(folder) / "home")
            keys = fill(database, department_id, nodes)
            counts.append({name: statements(database, key) for name, key in keys.items()})
            if nodes == NODES:
                client, server = serve(database)
                times = measure(client, keys)
                server.should_exit = True
                client.close()
            database.close()
    return {"rows": [_shown(name, times[name], times["empty"], [one[name] for one in counts]) for name in counts[1]]}


def _shown(
    name: str, ours: list[tuple[float, float]], empty_route: list[tuple[float, float]], counted: list[int]
) -> dict[str, Any]:
    ratio = at(ours, 1, 99) / at(empty_route, 1, 99)
    return {
        "name": f"tree_{name}", "ratio": round(ratio, 2), "unit": "p99 of an empty route (CPU), at most 5",
        "ours": round(at(ours, 1, 99), 2), "rival": round(at(empty_route, 1, 99), 2),
        "p50": round(at(ours, 1, 50), 2), "p50_empty": round(at(empty_route, 1, 50), 2),
        "wall_p50": round(at(ours, 0, 50), 2), "wall_p50_empty": round(at(empty_route, 0, 50), 2),
        "wall_p99": round(at(ours, 0, 99), 2), "wall_p99_empty": round(at(empty_route, 0, 99), 2),
        "nodes": NODES, "requests": len(ours), "statements_small_department": counted[0], "statements": counted[1],
        "holds": ratio <= 5 and counted[0] == counted[1],
    }
