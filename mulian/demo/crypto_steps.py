"""Encrypting synthetic persons, and changing a key while other processes read and write."""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.keys.vault import ensure_dev_root
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import Person, synthetic
from crypto.persons.service import TABLE
from crypto.rotation import machine
from crypto.rotation import queries as rotations
from crypto.rotation import service as rotation_service
from crypto.rotation.models import CryptoRotation
from crypto.scopes import queries as scopes
from crypto.scopes import service as scope_service
from crypto.scopes.rules import Scope
from kernel.approvals import service as approvals
from kernel.identity.actor import system_actor
from mulian.demo import traffic
from mulian.demo.steps import Report, ensure
from mulian.demo.world import HOME_DEPARTMENT, World

WRITERS, READERS = 2, 4
COLUMN = "name_env"
_WAIT = 900.0


def encrypt(world: World, report: Report) -> str:
    """Declare the scopes of a department, insert persons encrypted, read all of them back, look for clear text."""
    ensure_dev_root(world.runtime)
    department = world.department(HOME_DEPARTMENT)
    admin = world.person("security_admin")
    world.do(lambda session: scope_service.declare(session, admin, table=TABLE, department_ids=[department.id]))
    made = synthetic(world.size.persons)
    started = time.monotonic()
    world.do(lambda session: persons.insert_many(session, department.id, made))
    rate = len(made) * 3 / (time.monotonic() - started)
    report(1, 3, "逐条读回比较")
    ensure(_read_all(world, [p.id for p in made]) == made, "读回的值与写入的不同")
    report(2, 3, "查找明文")
    _refuse_clear_text(world, made)
    world.found |= {"persons": made, "person_department_id": department.id}
    return f"{len(made)} 人 3 个字段加密入库（{rate:,.0f} 字段/秒），全部读回一致，库中无明文"


def rotate(world: World, report: Report) -> str:
    """Change the key of one column while two processes write and four read; compare everything."""
    rotation = world.do(lambda session: _approved(world, session))
    work = world.folder / "traffic"
    work.mkdir(exist_ok=True)
    stop = work / "stop"
    stop.unlink(missing_ok=True)
    journals = [work / f"writer-{n}.journal" for n in range(WRITERS)]
    child = _start_traffic(world, journals, stop)
    try:
        _await_writes(journals, 1, child)
        before = _written(journals)
        _run(world, rotation.id, journals, before, report)
        during = _written(journals) - before
    finally:
        stop.touch()
        results = _results(child)
    return _check(world, rotation.id, journals, results, during)


def _approved(world: World, session: Session) -> CryptoRotation:
    """Maker asks, another security administrator approves; the rotation is planned by that."""
    scope = scopes.named(session, Scope(world.found["person_department_id"], TABLE, COLUMN))
    assert scope is not None
    approval = rotation_service.request(session, world.person("security_admin"), scope_id=scope.id, reason="演示：定期更换")
    checker = world.person("security_admin", number=2)
    approvals.decide(session, checker, approval.id, approve=True, opinion="同意")
    rotation = rotations.open_of(session, scope.id)
    assert rotation is not None
    return rotation


def _start_traffic(world: World, journals: list[Path], stop: Path) -> subprocess.Popen[bytes]:
    made: list[Person] = world.found["persons"]
    common = {"home": str(world.home.root), "first_id": made[0].id, "count": len(made), "stop": str(stop)}
    jobs: list[dict[str, Any]] = [
        common | {"role": "write", "part": n, "parts": WRITERS, "journal": str(journal)} for n,
        journal in enumerate(journals)
    ]
    jobs += [common | {"role": "read", "part": n} for n in range(READERS)]
    return subprocess.Popen([sys.executable, "-m", "mulian.demo.traffic", json.dumps(jobs)], stdout=subprocess.PIPE)


def _run(world: World, rotation_id: uuid.UUID, journals: list[Path], before: int, report: Report) -> None:
    """Run the state machine at the pace of the writers, so that they write through all of it."""
    deadline = time.monotonic() + _WAIT

    def observe(rotation: CryptoRotation) -> None:
        report(rotation.done, max(rotation.total, 1), rotation.state)
        # rows that a writer re-keyed by writing them are not counted as done: the scan comes with fewer than all
        share = 1.0 if rotation.state in ("scan", "verify") else rotation.done / max(rotation.total, 1)
        while _written(journals) - before < share * world.size.writes and time.monotonic() < deadline:
            time.sleep(0.01)

    machine.run(world.runtime, system_actor("demo"), rotation_id, observe=observe,
        chunk_rows=max(world.size.persons // 50, 1))


def _check(
    world: World, rotation_id: uuid.UUID, journals: list[Path], results: list[dict[str, Any]], during: int
) -> str:
    rotation = world.look(lambda session: rotations.get(session, rotation_id))
    compared = sum(result.get("compared", 0) for result in results)
    wrong = [item for result in results for item in result.get("wrong", [])]
    ensure(rotation.state == "retired", f"密钥更换停在 {rotation.state}")
    ensure(during >= world.size.writes, f"更换期间只有 {during} 次写入")
    ensure(compared > 0 and not wrong, f"读到错误的值：{wrong[:5]}")
    written = traffic.last_names(journals)
    expected = [Person(p.id, written.get(p.id, p.name), p.id_number, p.phone) for p in world.found["persons"]]
    ensure(_read_all(world, [p.id for p in expected]) == expected, "更换后的值与写入日志不符")
    world.found |= {"persons": expected, "writes": during, "reads": compared}
    return f"{rotation.done} 行换用新密钥；期间 {during} 次写入、{compared} 次读取全部正确；状态 {rotation.state}"


def _written(journals: list[Path]) -> int:
    return sum(journal.read_bytes().count(b"\n") for journal in journals if journal.exists())


def _await_writes(journals: list[Path], least: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while _written(journals) < least:
        ensure(time.monotonic() < deadline and child.poll() is None, "读写进程未能启动")
        time.sleep(0.05)


def _results(child: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    output, _ = child.communicate(timeout=60)
    ensure(child.returncode == 0, f"读写进程退出码 {child.returncode}")
    results: list[dict[str, Any]] = json.loads(output)
    return results


def _read_all(world: World, person_ids: list[int]) -> list[Person]:
    found: list[Person] = []
    for start in range(0, len(person_ids), 2_000):
        part = person_ids[start : start + 2_000]
        with world.runtime.database.read() as session:
            found += persons.read(session, part)
    return found


def _refuse_clear_text(world: World, made: list[Person]) -> None:
    """Look for names, numbers and phones in what the table really holds."""
    stored = world.look(lambda session: [
        bytes(value) for row in session.execute(
            select(ProtectedPerson.name_env, ProtectedPerson.id_number_env, ProtectedPerson.phone_env).limit(500)
        ) for value in row
    ])
    joined = b"\n".join(stored)
    for person in made[:500]:
        for text in (person.name, person.id_number, person.phone):
            ensure(text.encode() not in joined, "库中发现明文")
