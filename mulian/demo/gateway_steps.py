"""Two interfaces published, applied for, approved and called through the real gateway over HTTP."""

import json
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.demands import service as demands
from catalog.demands.models import Demand
from catalog.nodes.models import DataEntry, DataItem
from crypto.persons.rules import Person
from gateway.apps import service as apps
from gateway.apps.service import Issued
from gateway.calllog import reader
from gateway.interfaces import service as interfaces
from gateway.signing import rules as signing
from gateway.snapshot.queries import head_number
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from mulian.demo.steps import Report, ensure
from mulian.demo.world import HOME_DEPARTMENT, World
from mulian.supervisor import Child, answers

PERSONS, CASES = "养老服务对象基本信息（样例）", "政务公开事项办理信息（样例）"
CONSUMER = "北京市西城区教育委员会"
WORKERS = 2
_WAIT = 60.0


def publish(world: World, report: Report) -> str:
    """Publish an interface over the encrypted table and one over an HTTP upstream; maker and checker differ."""
    port = _upstream(world)
    report(1, 3, "登记接口")
    persons = _interface(world, "elder-persons", "养老服务对象查询", "/xc/elders", PERSONS, _table(world))
    cases = _interface(world, "open-cases", "政务公开事项查询", "/xc/open-cases", CASES, _http(port))
    report(2, 3, "启动网关")
    _start_gateway(world)
    world.found |= {"interfaces": 2, "persons_interface": persons, "cases_interface": cases}
    return "发布 2 个接口：库表（加密字段）/xc/elders，HTTP 上游 /xc/open-cases"


def call(world: World, report: Report) -> str:
    """Apply, be refused, be approved, call; compare every field that came back."""
    contact = world.person("consumer_contact", CONSUMER, number=2)
    plain, clear = (_app(world, contact, name) for name in ("入学资格核对（样例）", "入学资格复核（样例）"))
    _await(lambda: _served(world))
    ensure(_get(world, plain, "/xc/elders?size=5").status_code == 403, "未获授权的应用必须被拒绝")
    _apply(world, contact, plain, PERSONS, {"编号": False, "姓名": False, "公民身份号码": False})
    _apply(world, contact, clear, PERSONS, {"编号": False, "公民身份号码": True})
    _apply(world, contact, plain, CASES, {"公开事项编号": False, "事项名称": False, "办理状态": False})
    report(1, 4, "等待授权生效")
    _await(lambda: _served(world))
    report(2, 4, "调用")
    made: list[Person] = world.found["persons"][:100]
    _check_masked(_get(world, plain, "/xc/elders?size=100"), made)
    _check_clear(_get(world, clear, "/xc/elders?size=100"), made)
    _check_cases(_get(world, plain, "/xc/open-cases"))
    report(3, 4, "重放与日志")
    ensure(_replayed(world, plain) == 401, "重放的请求必须被拒绝")
    _await(lambda: _logged(world) == world.found["calls"])
    return f"脱敏、明文授权、HTTP 上游三类调用逐字段核对；无授权 403、重放 401；{world.found['calls']} 次调用日志齐全"


def _upstream(world: World) -> int:
    port_file = world.home.run_dir / "demo-upstream.port"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-m", "mulian.demo.upstream", str(port_file)])
    world.processes.append(process)
    _await(port_file.exists)
    return int(port_file.read_text())


def _interface(
    world: World, code: str, name: str, path: str, entry: str, definition: dict[str, Any]
) -> uuid.UUID:
    maker, checker = world.person("data_engineer"), world.person("bureau_admin")

    def make(session: Session) -> uuid.UUID:
        made = interfaces.create(
            session, maker, code=code, name=name, path=path, entry_id=_entry(session, entry).id,
            definition=_with_items(session, entry, definition),
        )
        interfaces.submit(session, maker, interface_id=made.id)
        return made.id

    interface_id = world.do(make)
    world.do(lambda session: interfaces.approve(session, checker, interface_id=interface_id, opinion="同意发布（演示）"))
    return interface_id


def _table(world: World) -> dict[str, Any]:
    fields = [
        _field("id", "编号", type="integer"), _field("name", "姓名", mask="name"),
        _field("id_number", "公民身份号码", mask="id_number"), _field("phone", "手机号码", mask="phone"),
    ]
    columns: dict[str, Any] = {"id": {"column": "id", "type": "integer"}}
    columns |= {name: {"column": f"{name}_env", "type": "envelope"} for name in ("name", "id_number", "phone")}
    return {
        "methods": ["GET"], "auth": "mulian-sm3-v1", "timeout_ms": 10_000, "body_limit": 0,
        "contract": {"mode": "fields", "fields": fields, "items": [], "passthrough": [], "row_key": ""},
        "source": {
            "kind": "table", "table": "protected_person", "key": "id", "page_max": 100, "columns": columns,
            "department": {"column": "dept_id", "id": str(world.department(HOME_DEPARTMENT).id)},
            "parameters": [{"name": "id", "column": "id", "type": "integer", "op": "eq", "required": False}],
        },
    }


def _http(port: int) -> dict[str, Any]:
    fields = [
        _field("case_no", "公开事项编号"), _field("title", "事项名称"), _field("state", "办理状态"),
    ]
    return {
        "methods": ["GET"], "auth": "mulian-sm3-v1", "timeout_ms": 10_000, "body_limit": 0,
        "contract": {"mode": "fields", "fields": fields, "items": ["items"], "passthrough": ["total"], "row_key": ""},
        "source": {"kind": "http", "url": f"http://127.0.0.1:{port}/cases"},
    }


def _field(name: str, title: str, *, type: str = "text", mask: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "title": title, "type": type, "item_id": None, "sensitive": mask is not None,
        "encrypted": mask is not None, "mask": mask or "all",
    }


def _with_items(session: Session, entry: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Bind each field to the entry's data item of the same name."""
    items = _items(session, entry)
    for field in definition["contract"]["fields"]:
        field["item_id"] = str(items[field["title"]])
    return definition


def _entry(session: Session, name: str) -> DataEntry:
    return session.scalars(select(DataEntry).where(DataEntry.name == name)).one()


def _items(session: Session, entry: str) -> dict[str, uuid.UUID]:
    query = select(DataItem.name, DataItem.id).where(DataItem.entry_id == _entry(session, entry).id)
    return {row.name: row.id for row in session.execute(query)}


def _start_gateway(world: World) -> None:
    place, port = str(world.home.root), world.ports["gateway_port"]
    arguments = ["gateway", "serve", "--home", place, "--port", str(port), "--workers", str(WORKERS)]
    world.supervisor.start(Child("gateway", arguments, lambda: answers(f"http://127.0.0.1:{port}/healthz")))


def _served(world: World) -> bool:
    """Tell whether every worker serves the newest snapshot (they look once a second)."""
    newest = world.look(lambda session: head_number(session, "production"))
    marks = list(world.home.run_dir.glob("gateway-worker-*.json"))
    return len(marks) == WORKERS and all(json.loads(mark.read_text())["snapshot"] >= newest for mark in marks)


def _app(world: World, contact: Actor, name: str) -> Issued:
    department = world.department(CONSUMER)
    return world.do(lambda session: apps.create(session, contact, name=name, department_id=department.id))


def _apply(world: World, contact: Actor, app: Issued, entry: str, wanted: dict[str, bool]) -> None:
    """File a demand and let the source department and the bureau agree, where its route asks them."""

    def file(session: Session) -> uuid.UUID:
        items = _items(session, entry)
        application = demands.Application(
            entry_id=_entry(session, entry).id, consumer_ref=app.app.id, matter="入学资格核对（样例）",
            items={items[name]: in_clear for name, in_clear in wanted.items()}, basis="演示", purpose="演示用途",
            calls_per_day=10_000, valid_until=clock.now() + timedelta(days=90),
        )
        consumer = session.scalars(select(Department).where(Department.name == CONSUMER)).one()
        return demands.apply(session, contact, application=application, department_id=consumer.id).id

    demand_id = world.do(file)
    reviewer, bureau = world.person("department_reviewer", HOME_DEPARTMENT), world.person("bureau_admin")
    for decider in (reviewer, bureau):
        if world.look(lambda session: session.get_one(Demand, demand_id).stage):
            world.do(partial(demands.approve, actor=decider, demand_id=demand_id, opinion="同意"))


def _get(world: World, app: Issued, target: str) -> httpx2.Response:
    return _send(world, target, _signed(app, target))


def _send(world: World, target: str, headers: dict[str, str]) -> httpx2.Response:
    """Call on a connection of its own, counting, so that the call log can be compared."""
    world.found["calls"] = world.found.get("calls", 0) + 1
    return httpx2.get(f"http://127.0.0.1:{world.ports['gateway_port']}{target}", headers=headers, timeout=30)


def _replayed(world: World, app: Issued) -> int:
    """Send one signed request on two connections and return the second answer's status."""
    target = "/xc/open-cases"
    headers = _signed(app, target)
    ensure(_send(world, target, headers).status_code == 200, "第一次调用应成功")
    return _send(world, target, headers).status_code


def _signed(app: Issued, target: str) -> dict[str, str]:
    path, _, query = target.partition("?")
    stamp, nonce = str(clock.to_micros(clock.now()) // 1_000_000), secrets.token_hex(16)
    key, version = app.app.app_key, str(app.key_version)
    text = signing.string_to_sign(
        b"GET", path.encode(), query.encode(), b"", stamp.encode(), nonce.encode(), key.encode(), version.encode()
    )
    return {
        "X-Mulian-Key": key, "X-Mulian-Key-Version": version, "X-Mulian-Timestamp": stamp, "X-Mulian-Nonce": nonce,
        "X-Mulian-Signature": signing.sign(app.secret.encode(), text).decode(),
    }


def _check_masked(answer: httpx2.Response, made: list[Person]) -> None:
    ensure(answer.status_code == 200, f"脱敏调用返回 {answer.status_code}")
    rows = answer.json()["items"]
    ensure([row["id"] for row in rows] == [p.id for p in made], "脱敏调用的行不符")
    ensure(all(set(row) == {"id", "name", "id_number"} for row in rows), "返回了未授权的字段")
    ensure(all("*" in row["id_number"] and "*" in row["name"] for row in rows), "字段未脱敏")
    ensure(not any(p.id_number in answer.text or p.phone in answer.text for p in made), "应答中出现明文")


def _check_clear(answer: httpx2.Response, made: list[Person]) -> None:
    ensure(answer.status_code == 200, f"明文授权调用返回 {answer.status_code}")
    rows = {row["id"]: row for row in answer.json()["items"]}
    ensure(all(rows[p.id] == {"id": p.id, "id_number": p.id_number} for p in made), "明文授权的值与原值不同")


def _check_cases(answer: httpx2.Response) -> None:
    ensure(answer.status_code == 200, f"HTTP 上游调用返回 {answer.status_code}")
    rows = answer.json()["items"]
    ensure(len(rows) == 25 and all(set(row) == {"case_no", "title", "state"} for row in rows), "上游字段不符")
    ensure("内部备注" not in answer.text, "返回了约定之外的字段")


def _logged(world: World) -> int:
    start = clock.now() - timedelta(hours=1)
    with world.runtime.database.read() as session:
        found = reader.table(session, world.home, start, clock.now() + timedelta(minutes=1), unshipped=True)
    return int(found.num_rows)


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT
    while not condition():
        ensure(time.monotonic() < deadline, "等待超时")
        time.sleep(0.1)


