"""``mulian serve`` as processes: start, stop, refusals, and kill -9 under load with nothing acknowledged lost."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support import loopback
from tests.support.scale import Scale

ROOT = Path(__file__).resolve().parents[2]
NEW = "Brook-71-Elm#q-Vale"
MAKER, CHECKER = ("maker", "Kx72-violet-Qm#Trial"), ("checker", "Wq58-amber-Zt#Trial")


class Serve:
    """A served home on free ports; can be killed with everything it started, and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> float:
        """Start and wait for the ready line; return the seconds it took."""
        started = time.monotonic()
        arguments = ["serve", "--home", str(self.home), "--port", "0", "--gateway-port", "0", "--rpc-port", "0"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mulian", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("ready "):
                self.url = line.split()[1]
                return time.monotonic() - started
        raise AssertionError("".join(lines) + self.logs())

    def pids(self) -> list[int]:
        """Every process of this home, the supervisor first."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                except OSError:
                    continue
                if str(self.home) in words:
                    found.append(int(entry.name))
        return found

    def kill(self, *, everyone: bool = False) -> None:
        """kill -9 the supervisor, or all processes at once; nothing may be left within seconds."""
        assert self.process is not None
        for pid in self.pids() if everyone else [self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 10
        while self.pids():
            assert time.monotonic() < deadline, f"left behind: {self.pids()}"
            time.sleep(0.05)

    def stop(self) -> float:
        """SIGTERM; return the seconds until the end."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        return time.monotonic() - started

    def logs(self) -> str:
        return "".join(f"== {p.name}\n{p.read_text()[-2000:]}" for p in (self.home / "logs").glob("*.log"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serve]:
    serve = Serve(tmp_path / "home")
    serve.start()
    yield serve
    if serve.process is not None and serve.process.poll() is None:
        serve.process.kill()
    for pid in serve.pids():
        os.kill(pid, signal.SIGKILL)


def passwords(home: Path) -> dict[str, str]:
    lines = (home / "first-passwords.txt").read_text().splitlines()
    return {line.split("\t")[0]: line.split("\t")[2] for line in lines if "\t" in line}


def signed_in(serve: Serve, username: str, password: str) -> tuple[httpx2.Client, dict[str, str]]:
    client = loopback.client(serve.url, timeout=20)
    answer = client.post("/api/v1/session", json={"username": username, "password": password})
    answer.raise_for_status()
    return client, {"X-CSRF-Token": answer.json()["csrf"]}


def test_first_start_refusals_stop_and_second_start(served: Serve, tmp_path: Path) -> None:
    mode = (served.home / "first-passwords.txt").stat().st_mode & 0o777
    assert mode == 0o600
    issued = passwords(served.home)
    assert set(issued) == {"sysadmin", "secadmin1", "secadmin2", "auditor"}
    client, headers = signed_in(served, "sysadmin", issued["sysadmin"])
    change = {"old_password": issued["sysadmin"], "new_password": NEW}
    assert client.post("/api/v1/session/password", json=change, headers=headers).status_code == 204
    assert client.get("/readyz").json() == {"ready": True, "findings": []}
    assert "目链" in client.get("/console/").text
    _second_process_is_refused(served)
    _a_port_in_use_is_one_line(served, tmp_path / "other")
    doors = served.home / "run"
    assert list(doors.glob("unseal-api-*.sock"))
    served.stop()
    # the API did what comes after its last answer
    assert served.pids() == [] and not list(doors.glob("unseal-api-*"))
    served.start()
    assert signed_in(served, "sysadmin", NEW)


def _second_process_is_refused(served: Serve) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "mulian", "serve", "--home", str(served.home), "--port", "0"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert again.returncode == 1 and "kernel.home.locked" in again.stderr and "处理办法" in again.stderr


def _a_port_in_use_is_one_line(served: Serve, other_home: Path) -> None:
    port = served.url.rsplit(":", 1)[1]
    other = subprocess.run(
        [sys.executable, "-m", "mulian", "serve", "--home", str(other_home), "--port", port],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert other.returncode == 1
    assert "mulian.port.in_use" in other.stderr and port in other.stderr and "--port" in other.stderr
    assert "Traceback" not in other.stderr


class Load:
    """Clients that create, submit and approve data entries; each acknowledged step goes to the client's own journal."""

    def __init__(self, home: Path, journal: Path) -> None:
        self.home, self.journal = home, journal
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self, serve: Serve, maker: tuple[str, str], checker: tuple[str, str], department: str) -> None:
        self.stopping.clear()
        self.thread = threading.Thread(target=self._run, args=(serve, maker, checker, department), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        assert self.thread is not None
        self.thread.join(60)

    def acknowledged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []

    def _run(self, serve: Serve, maker: tuple[str, str], checker: tuple[str, str], department: str) -> None:
        try:
            self._work(serve, maker, checker, department)
        except httpx2.HTTPError:
            return  # the server was killed: what was not answered was not acknowledged

    def _work(self, serve: Serve, maker: tuple[str, str], checker: tuple[str, str], department: str) -> None:
        making, maker_headers = signed_in(serve, *maker)
        checking, checker_headers = signed_in(serve, *checker)
        with self.journal.open("a") as file:
            while not self.stopping.is_set():
                body = _entry(department)
                made = _write(making, maker_headers, "/catalog/entries", body)
                if made is None:
                    continue
                entry = made["entry"]["id"]
                self._note(file, {"step": "created", "id": entry})
                if _write(making, maker_headers, f"/catalog/entries/{entry}/submit", {}) is None:
                    continue
                secrecy = {"secrecy": {"conclusion": "pass", "basis": "测试"}}
                if _write(checking, checker_headers, f"/catalog/entries/{entry}/approve", secrecy) is not None:
                    self._note(file, {"step": "published", "id": entry})

    @staticmethod
    def _note(file: Any, line: dict[str, Any]) -> None:
        file.write(json.dumps(line) + "\n")
        file.flush()


def _entry(department: str) -> dict[str, Any]:
    return {
        "department_id": department, "name": f"压力测试目录{uuid.uuid4().hex}", "abstract": "测试", "formats": ["csv"],
        "share_type": "unconditional", "open_type": "none", "update_cycle": "daily", "theme": "life", "level": 1,
    }


def _write(client: httpx2.Client, headers: dict[str, str], path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Send a write once, with its own key; return the answer where it was acknowledged."""
    answer = client.post(f"/api/v1{path}", json=body, headers=headers | {"Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    return answer.json() if answer.is_success else None


def prepare(home: Path) -> str:
    """Make the home with a department, a maker and a checker; return the department's id."""
    from kernel.identity import service
    from kernel.identity.actor import system_actor
    from kernel.settings import Settings
    from mulian.bootstrap import install

    runtime = install(Settings(home=home)).runtime

    def unit(session: Any) -> str:
        actor = system_actor("test")
        department = service.create_department(session, actor, name="压力测试局", kind="bureau")
        for (name, password), role in ((MAKER, "data_engineer"), (CHECKER, "bureau_admin")):
            user, _ = service.create_user(
                session, actor, username=name, display_name=name, role_keys=[role], password=password
            )
            user.must_change_password = False
        return str(department.id)

    department = runtime.database.run(unit)
    runtime.database.close()
    return department


@pytest.mark.requirement("S4-30")
def test_killed_under_load_nothing_acknowledged_is_lost_and_nothing_is_anchored_twice(
    tmp_path: Path, scale: Scale
) -> None:
    home = tmp_path / "home"
    department = prepare(home)
    serve, load, chance = Serve(home), Load(home, tmp_path / "journal"), random.Random(20261121)
    kills = scale.of(1, 20)
    try:
        for number in range(kills):
            serve.start()
            load.start(serve, MAKER, CHECKER, department)
            time.sleep(chance.uniform(0.3, 4.0))
            serve.kill(everyone=number % 2 == 0)
            load.stop()
        serve.start()
        _await_anchored(home)
        places = _anchored_on_chain(home)
        serve.stop()
    finally:
        for pid in serve.pids():
            os.kill(pid, signal.SIGKILL)
    _compare(home, load.acknowledged(), places)


def _await_anchored(home: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        with sqlite3.connect(f"file:{home}/mulian.db?mode=ro", uri=True) as database:
            open_batches = database.execute("SELECT count(*) FROM anchor_batch WHERE state = 'prepared'").fetchone()[0]
            waiting = database.execute("SELECT count(*) FROM anchor_leaf WHERE batch_id IS NULL").fetchone()[0]
        if not open_batches and not waiting:
            return
        assert time.monotonic() < deadline, f"{waiting} leaves and {open_batches} batches are not final"
        time.sleep(0.3)


def _anchored_on_chain(home: Path) -> list[tuple[str, int, int]]:
    """Read every Anchored event by plain JSON-RPC: (stream, first index, leaves) in the order of the chain."""
    url = (home / "run" / "chain.url").read_text().strip()
    with sqlite3.connect(f"file:{home}/mulian.db?mode=ro", uri=True) as database:
        registry = database.execute(
            "SELECT address FROM contract_release WHERE name = 'AnchorRegistry' AND state = 'live'"
        ).fetchone()[0]
    wanted = {"address": registry, "fromBlock": "0x0", "toBlock": "latest"}
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted]}
    logs = loopback.post(url, json=request).json()["result"]
    found = []
    for log in logs:
        words = [log["data"][2 + 64 * n : 66 + 64 * n] for n in range(len(log["data"]) // 64)]
        # Anchored(stream, seq, root; prevHead, fromIndex, leaves, head)
        if len(log["topics"]) == 4 and len(words) == 4:
            found.append((log["topics"][1], int(words[1], 16), int(words[2], 16)))
    return found


def _compare(home: Path, acknowledged: list[dict[str, Any]], places: list[tuple[str, int, int]]) -> None:
    """A reader that shares no code with the program: SQL and the chain's own events."""
    assert acknowledged, "the load wrote nothing"
    with sqlite3.connect(f"file:{home}/mulian.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        status = dict(database.execute("SELECT id, status FROM data_entry").fetchall())
        grouped = "SELECT object_id, count(*) FROM anchor_leaf WHERE stream = 'catalog' GROUP BY 1"
        leaves = database.execute(grouped).fetchall()
        versions = database.execute("SELECT count(*) FROM node_version").fetchone()[0]
    for line in acknowledged:
        held = status.get(uuid.UUID(line["id"]).hex)
        assert held is not None, f"lost: {line}"
        assert line["step"] != "published" or held == "published", f"lost: {line} is {held}"
    published = [entry for entry, state in status.items() if state == "published"]
    assert sorted(uuid.UUID(entry).hex for entry, _ in leaves) == sorted(published)
    assert all(count == 1 for _, count in leaves) and versions == len(published)
    _contiguous(places, len(published))


def _contiguous(places: list[tuple[str, int, int]], published: int) -> None:
    """Per stream the chain's records follow each other without gap or overlap; together they hold every leaf once."""
    following: dict[str, int] = {}
    for stream, first, leaves in places:
        assert following.get(stream, 0) == first, f"{stream}: expected {following.get(stream, 0)}, found {first}"
        following[stream] = first + leaves
    assert published in following.values(), f"{published} published, on the chain {following}"
