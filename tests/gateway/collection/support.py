"""A department that collects: declared tables, an upstream that serves made-up people, runs that are killed."""

import json
import os
import signal
import socketserver
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import text

from crypto.keys.vault import ensure_dev_root
from crypto.scopes.rules import check_digit
from gateway.collection import engine, jobs, physical, runs, tables, tasks, upstreams
from gateway.collection.models import CollectionRun, CollectionTable, CollectionTask
from gateway.collection.tasks import Plan
from kernel.db import Database
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime
from kernel.settings import Settings

SYSTEM = system_actor("test")
COLUMNS: list[dict[str, Any]] = [
    {"name": "code", "title": "编号", "type": "integer", "key": True, "required": True},
    {"name": "name", "title": "姓名", "required": True, "encrypted": True, "mask": "name"},
    {"name": "id_number", "title": "公民身份号码", "encrypted": True, "mask": "id_number", "format": "id_number"},
    {"name": "phone", "title": "手机号码", "encrypted": True, "mask": "phone", "pattern": r"100\d{8}"},
    {"name": "kind", "title": "类别", "codes": ["01", "02"]},
    {"name": "amount", "title": "金额", "type": "decimal", "minimum": "0", "maximum": "9999.99"},
    {"name": "born", "title": "出生日期", "type": "date"},
]


def person(number: int) -> dict[str, Any]:
    """Row ``number`` of the upstream; some are bad, as :func:`reasons` knows. No value can be anybody's."""
    body = f"7{number // 1000 % 100_000:05d}19800101{number % 1000:03d}"
    row: dict[str, Any] = {
        "code": number, "name": f"赵{number}", "id_number": body + check_digit(body),
        "phone": f"100{20_000_000 + number}", "kind": "01", "amount": "12.50", "born": "1980-01-01",
    }
    spoiled = {101: ("name", ""), 103: ("id_number", body + "?"), 107: ("phone", f"109{20_000_000 + number}"),
               109: ("kind", "09"), 113: ("amount", "-1"), 127: ("born", "1980-13-01")}
    for step, (name, value) in spoiled.items():
        if number % step == 0:
            row[name] = value
    return row


def reasons(number: int) -> list[str]:
    """Why row ``number`` is refused, in the order of columns; empty for a good one."""
    rules = {101: "name:required", 103: "id_number:format", 107: "phone:pattern", 109: "kind:code",
             113: "amount:range", 127: "born:type"}
    return [rule for step, rule in rules.items() if number % step == 0]


class Upstream:
    """An HTTP upstream on a free port; ``answer(path, query, headers)`` gives status, headers, body."""

    def __init__(self, answer: Callable[[str, dict[str, str], Any], tuple[int, dict[str, str], bytes]]) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:
                length = int(handler.headers.get("content-length") or 0)
                handler.rfile.read(length)
                parts = urlsplit(handler.path)
                query = dict(parse_qsl(parts.query))
                self.seen.append((parts.path, query))
                status, headers, body = answer(parts.path, query, handler.headers)
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name, value)
                handler.send_header("content-length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            do_POST = do_GET

            def log_message(handler, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed is no error."""

        self._server: socketserver.BaseServer = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def people(count: int) -> Callable[[str, dict[str, str], Any], tuple[int, dict[str, str], bytes]]:
    """An answer that pages through ``count`` persons by page and size, from 1 on."""
    def answer(path: str, query: dict[str, str], headers: Any) -> tuple[int, dict[str, str], bytes]:
        page, size = int(query["page"]), int(query["size"])
        rows = [person(number) for number in range((page - 1) * size + 1, min(page * size, count) + 1)]
        body = json.dumps({"data": {"list": rows, "total": count}}, ensure_ascii=False).encode()
        return 200, {"content-type": "application/json"}, body

    return answer


@dataclass
class Collecting:
    """A department of a database, with what it has declared."""

    runtime: Runtime
    department: uuid.UUID
    codes: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.runtime.database

    def table(self, code: str = "people", columns: list[dict[str, Any]] | None = None) -> CollectionTable:
        self.codes.append(code)
        return self.database.run(lambda session: tables.declare(
            session, SYSTEM, code=code, name="人口", department_id=self.department, columns=columns or COLUMNS))

    def upstream(self, url: str, login: dict[str, Any] | None = None, **secret: str) -> uuid.UUID:
        return self.database.run(lambda session: upstreams.create(
            session, SYSTEM, code=f"u{uuid.uuid4().hex[:8]}", name="上游", department_id=self.department, base_url=url,
            login=login or {"kind": "none"}, secret=secret).id)

    def task(self, table: CollectionTable, plan: Plan, code: str = "people") -> CollectionTask:
        return self.database.run(
            lambda session: tasks.create(session, SYSTEM, code=code, table_id=table.id, plan=plan))

    def http_task(self, table: CollectionTable, url: str, size: int = 500, **more: Any) -> CollectionTask:
        source = {"upstream_id": str(self.upstream(url)), "path": "people", "rows_path": "data.list",
                  "total_path": "data.total", "paging": {"style": "page", "size": size}}
        return self.task(table, Plan("人口汇聚", "http", source, **more))

    def queue(self, task: CollectionTask) -> CollectionRun:
        return self.database.run(lambda session: runs.run_now(session, SYSTEM, task_id=task.id))

    def carry(self, run: CollectionRun, observe: engine.Observe = lambda done, total: None) -> dict[str, int]:
        return jobs.carry(self.runtime, run.id, observe)

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def killed(self, run: CollectionRun, spoil: Callable[[], None]) -> None:
        """Carry the run in a process of its own, in which ``spoil`` has put the place where it kills itself."""
        child = os.fork()
        if child == 0:
            try:
                runtime = Runtime(settings=self.runtime.settings, home=self.runtime.home,
                                  database=Database(self.database.url), box=self.runtime.box)
                ensure_dev_root(runtime)
                spoil()
                jobs.carry(runtime, run.id, lambda done, total: None)
            finally:
                os._exit(7)  # it was not killed
        assert os.waitpid(child, 0)[1] == signal.SIGKILL


@contextmanager
def collecting(database: Database) -> Iterator[Collecting]:
    """A department that may collect from this machine; afterwards this process knows none of its tables."""
    runtime = database.runtime
    assert runtime is not None
    runtime.settings = Settings(**{**runtime.settings.model_dump(), "outbound_allow": "127.0.0.0/8"})
    ensure_dev_root(runtime)
    physical.follow(runtime)
    department = database.run(lambda session: create_department(session, SYSTEM, name="样例局", kind="bureau").id)
    made = Collecting(runtime, department)
    try:
        yield made
    finally:
        physical.unfollow()
        for code in made.codes:
            physical.forget(code)
