"""A gateway of real processes, an upstream that sends what it is told, and a signing client on raw sockets."""

import contextlib
import json
import os
import secrets
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from catalog.demands import service as demands
from catalog.demands.service import Application
from catalog.nodes.models import DataEntry, DataItem
from gateway.apps import service as apps
from gateway.apps.service import Issued
from gateway.calllog import segment
from gateway.calllog.log import active_folder
from gateway.calllog.record import CallRow
from gateway.calllog.record import rows as parse_rows
from gateway.interfaces import service as interfaces
from gateway.interfaces.models import Interface
from gateway.signing import rules as signing
from gateway.snapshot.places import home_of
from kernel import clock, ids
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from kernel.runtime import Runtime
from tests.support import mother

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = system_actor("test")


class Gateway:
    """A running gateway: supervisor, broker, workers."""

    def __init__(self, runtime: Runtime, workers: int = 1, environment: str = "production") -> None:
        self.runtime, self.home = runtime, home_of(runtime.home, environment)
        variables = os.environ | {"MULIAN_OUTBOUND_ALLOW": "127.0.0.0/8"}
        if runtime.settings.database_url:
            variables["MULIAN_DATABASE_URL"] = runtime.settings.database_url
        self.process = mother.start(
            "tests.gateway.child:run", [str(runtime.home.root), workers, environment], variables,
        )
        line = self.process.stdout.readline()
        assert "ready http://127.0.0.1:" in line, line
        self.port = int(line.rsplit(":", 1)[1])

    def status(self, worker: int = 0) -> dict[str, Any]:
        path = self.home.run_dir / f"gateway-worker-{worker:03d}.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def await_snapshot(self, number: int, workers: int = 1, seconds: float = 5.0) -> float:
        """Wait until every worker serves at least this snapshot; return how long it took."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            if all(self.status(worker)["snapshot"] >= number for worker in range(workers)):
                return time.monotonic() - start
            time.sleep(0.02)
        raise AssertionError(f"snapshot {number} not served: {self.status()}")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(45)
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def running(runtime: Runtime, workers: int = 1, environment: str = "production") -> Iterator[Gateway]:
    gateway = Gateway(runtime, workers, environment)
    try:
        yield gateway
    finally:
        while _clients:  # an idle connection would keep the drain waiting
            _clients.pop().close()
        gateway.stop()


_clients: list["Client"] = []


class Answer:
    """One HTTP answer read from a socket."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


class Client:
    """A connection that signs."""

    def __init__(self, port: int, issued: Issued | None = None, timeout: float = 15.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.issued = issued
        self.buffer = b""
        _clients.append(self)

    def signed(
        self, method: str, target: str, body: bytes = b"", *, timestamp: int | None = None, nonce: str | None = None,
        secret: bytes | None = None, extra: str = "",
    ) -> bytes:
        """Return the bytes of a signed request."""
        assert self.issued is not None
        path, _, query = target.partition("?")
        moment = str(clock.now_micros() // 1_000_000 if timestamp is None else timestamp)
        nonce = nonce or secrets.token_hex(16)
        key, version = self.issued.app.app_key, str(self.issued.key_version)
        text = signing.string_to_sign(
            method.encode(), path.encode(), query.encode(), body, moment.encode(), nonce.encode(), key.encode(),
            version.encode(),
        )
        signature = signing.sign(secret or self.issued.secret.encode(), text).decode()
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return (
            f"{method} {target} HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {key}\r\nX-Mulian-Key-Version: {version}\r\n"
            f"X-Mulian-Timestamp: {moment}\r\nX-Mulian-Nonce: {nonce}\r\nX-Mulian-Signature: {signature}\r\n"
            f"{length}{extra}\r\n"
        ).encode() + body

    def call(self, method: str, target: str, body: bytes = b"", **options: Any) -> Answer:
        """Send a signed request and read its answer."""
        self.socket.sendall(self.signed(method, target, body, **options))
        return self.read(method)

    def send(self, data: bytes) -> "Client":
        self.socket.sendall(data)
        return self

    def _more(self) -> bool:
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def read(self, method: str = "GET") -> Answer:
        """Read one answer; ConnectionError when the connection ends before or in the middle of it."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                raise ConnectionError("closed before an answer")
        raw, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if method == "HEAD" or status in (204, 304) or status < 200:
            return Answer(status, headers, b"")
        if "content-length" in headers:
            return Answer(status, headers, self._exactly(int(headers["content-length"])))
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        while self._more():
            pass
        body, self.buffer = self.buffer, b""
        return Answer(status, headers, body)

    def _exactly(self, size: int) -> bytes:
        pieces, have = [self.buffer], len(self.buffer)
        while have < size:
            pieces.append(self.socket.recv(1 << 20))
            have += len(pieces[-1])
            if not pieces[-1]:
                raise ConnectionError("closed in the middle of a body")
        whole = b"".join(pieces)
        body, self.buffer = whole[:size], whole[size:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                if not self._more():
                    raise ConnectionError("closed in the middle of a chunk")
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            piece = self._exactly(int(line, 16))
            assert self._exactly(2) == b"\r\n"
            if not piece:
                return body
            body += piece

    def closed(self) -> bool:
        """Tell whether the other side has closed (after everything sent was read)."""
        try:
            return not self.socket.recv(1)
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()


Script = Callable[[socket.socket, bytes, "Upstream"], bool]


def answer_json(document: Any, *, extra: str = "") -> Script:
    """Answer every request with a JSON document, keep-alive."""
    body = json.dumps(document, ensure_ascii=False).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode()

    def script(connection: socket.socket, request: bytes, upstream: "Upstream") -> bool:
        connection.sendall(head + body)
        return True

    return script


def answer_raw(data: bytes, *, close: bool = True) -> Script:
    """Answer with exactly these bytes."""

    def script(connection: socket.socket, request: bytes, upstream: "Upstream") -> bool:
        connection.sendall(data)
        return not close

    return script


class Upstream:
    """A threaded server; ``script`` answers each request. It records what it has read."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/base"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        with contextlib.suppress(OSError), connection:
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                while len(buffer) < length:
                    buffer += connection.recv(65536)
                body, buffer = buffer[:length], buffer[length:]
                self.requests.append(head + b"\r\n\r\n" + body)
                if not self.script(connection, self.requests[-1], self):
                    return

    def close(self) -> None:
        self.listener.close()


def http_definition(url: str, fields: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A definition over an HTTP upstream; without fields it streams."""
    definition: dict[str, Any] = {
        "methods": ["GET", "HEAD", "POST"], "auth": "mulian-sm3-v1", "source": {"kind": "http", "url": url},
        "contract": {
            "mode": "fields" if fields else "stream", "fields": fields or [], "items": ["items"] if fields else [],
            "passthrough": ["total"] if fields else [], "row_key": "",
        },
        "timeout_ms": 5000, "body_limit": 65536,
    }
    return definition | changes


def field(name: str, title: str = "", **changes: Any) -> dict[str, Any]:
    """A contract field."""
    return {
        "name": name, "title": title, "type": "text", "item_id": None, "sensitive": False, "encrypted": False,
        "mask": "all",
    } | changes


class District:
    """A department that provides, one that consumes, a published entry, and people with every right."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.provider, self.consumer = ids.new(), ids.new()
        self.entry_id = ids.new()
        self.items: dict[str, uuid.UUID] = {}
        self.maker, self.checker, self.other = (_person(self.consumer) for _ in range(3))
        runtime.database.run(self._seed)

    def _seed(self, session: Session) -> None:
        now = clock.now()
        for id_, name in ((self.provider, "民政局（样例）"), (self.consumer, "教委（样例）")):
            session.add(Department(id=id_, code=id_.hex, name=name, kind="bureau", aliases=[], valid_from=now))
        session.flush()
        session.add(self._entry(now))
        session.flush()
        for number, (name, sensitive, share) in enumerate((
            ("姓名", True, "conditional"), ("公民身份号码", True, "conditional"), ("手机号码", True, "conditional"),
            ("街道", False, "unconditional"), ("内部备注", True, "none"),
        )):
            self.items[name] = ids.new()
            session.add(DataItem(
                id=self.items[name], entry_id=self.entry_id, number=number, code=f"t#{self.entry_id.hex}#{number}",
                name=name, share_type=share, level=2, sensitive=sensitive, pii=sensitive, is_key=False,
            ))

    def _entry(self, now: Any) -> DataEntry:
        return DataEntry(
            id=self.entry_id, code=f"307001/{self.entry_id.int % 10**9}", name="人口基础信息", department_id=self.provider,
            status="published", revision=1, version=1, source="test", created_at=now, updated_at=now,
            audit_id=ids.new(), abstract="样例", keywords=[], formats=[], related_codes=[], level=2, authoritative=True,
            online=True, share_type="unconditional",
        )

    def publish(self, code: str, path: str, definition: dict[str, Any]) -> Interface:
        """Draft, submit and approve an interface by two people."""

        def work(session: Session) -> Interface:
            made = interfaces.create(
                session, self.maker, code=code, name=code, path=path, entry_id=self.entry_id, definition=definition,
            )
            interfaces.submit(session, self.maker, interface_id=made.id)
            return interfaces.approve(session, self.checker, interface_id=made.id, opinion="同意")

        return self.runtime.database.run(work)

    def app(self, name: str = "办事大厅", environment: str = "production") -> Issued:
        """Register an application of the consumer."""
        return self.runtime.database.run(lambda session: apps.create(
            session, self.maker, name=name, department_id=self.consumer, environment=environment,
        ))

    def demand(
        self, issued: Issued, items: dict[str, bool], *, calls_per_day: int = 100_000, **limits: int,
    ) -> Any:
        """File a demand and have it approved by others as far as it needs that."""

        def work(session: Session) -> Any:
            made = demands.apply(session, self.maker, department_id=self.consumer, application=Application(
                entry_id=self.entry_id, consumer_ref=issued.app.id, matter="入学资格核验", basis="办法第三条",
                items={self.items[name]: clear for name, clear in items.items()}, purpose="核验",
                calls_per_day=calls_per_day, valid_until=clock.from_micros(clock.now_micros() + 86_400_000_000),
                **limits,
            ))
            for actor in (self.checker, self.other):
                if made.stage:
                    demands.approve(session, actor, demand_id=made.id, opinion="同意")
            return made

        return self.runtime.database.run(work)

    def snapshot(self) -> int:
        """Return the current snapshot number."""
        from gateway.snapshot.queries import head_number

        with self.runtime.database.read() as session:
            return head_number(session, "production")


def _person(department_id: uuid.UUID) -> Actor:
    from gateway.permissions import PERMISSIONS

    return Actor(
        user_id=uuid.uuid4(), name="测试", department_id=department_id,
        permissions=frozenset(one.key for one in PERMISSIONS), scope="all",
    )


def logged(runtime: Runtime) -> list[CallRow]:
    """Return every call in unshipped segments."""
    found: list[CallRow] = []
    for path in sorted(active_folder(runtime.home.calllog_dir).glob("*.seg")):
        found += parse_rows(list(segment.read_records(path)))
    return found
