"""One chain from need to key: need → demand → grant → application → call, under one number."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog.demands.models import Demand
from catalog.demands.rules import CONDITIONAL, NONE, UNCONDITIONAL, Wanted, route
from gateway.grants import expiry
from gateway.grants.models import Grant
from gateway.trials import service as trials
from kernel import clock
from kernel.db import Database
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from tests.gateway.support import Client, District, answer_json, field, http_definition, running

PERSON = {"name": "张三", "id_number": "990101199003071234", "phone": "13800138000", "street": "德胜", "note": "内部"}
FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("phone", "手机号码", sensitive=True, mask="phone"), field("street", "街道"),
    field("note", "内部备注", sensitive=True),
]


def filed(district: District, app_id: str, items: dict[str, bool], **more: Any) -> dict[str, Any]:
    """The body of a demand."""
    return {
        "entry_id": str(district.entry_id), "app_id": app_id, "matter": "入学核验", "basis": "办法第三条", "purpose": "核验",
        "calls_per_day": 500, "valid_until": clock.iso(clock.now() + timedelta(days=90)),
        "items": [{"item_id": str(district.items[name]), "clear": clear} for name, clear in items.items()], **more,
    }


def trial(runtime: Runtime, contact: Any, port: int, interface_id: uuid.UUID, app_id: str) -> dict[str, Any]:
    """Try the interface out from the console: queued over HTTP, made as the worker makes it, read over HTTP."""
    runtime.settings = runtime.settings.model_copy(update={"gateway_port": port})
    made = contact.post(f"/gateway/interfaces/{interface_id}/trials", json={
        "app_id": app_id, "query": "sfz=990101199003071234"})
    assert (made.status_code, made.json()["status"]) == (202, -1), made.text
    assert trials.make(runtime, uuid.UUID(made.json()["id"])) == 200
    found: dict[str, Any] = contact.get(f"/gateway/trials/{made.json()['id']}").json()
    return found


@pytest.mark.requirement("S4-08")
def test_five_items_routed_partly_approved_granted_called(live_server, upstream, runtime: Runtime) -> None:
    """Two conditional, one not shared: exactly what both deciders gave comes back through the real gateway."""
    district = District(runtime)
    source = upstream(answer_json({"total": 1, "items": [PERSON]}))
    interface = district.publish("persons", "/xc/persons", http_definition(source.url, FIELDS))
    bureau = live_server.signed_in("bureau_admin")
    reviewer = live_server.signed_in("department_reviewer", department_id=district.provider)
    contact = live_server.signed_in("consumer_contact", department_id=district.consumer)
    need = contact.post("/gateway/needs", json={"title": "儿童户籍", "content": "姓名、号码、住址", "matter": "入学核验"}).json()
    assert reviewer.post(f"/gateway/needs/{need['id']}/answer", json={"answer": "x"}).status_code == 403
    early = filed(district, "", {"街道": False}, need_id=need["id"])
    answered = bureau.post(f"/gateway/needs/{need['id']}/answer", json={
        "answer": "见人口基础信息", "entry_id": str(district.entry_id)})
    assert (answered.status_code, answered.json()["state"]) == (200, "matched"), answered.text
    assert bureau.post(f"/gateway/needs/{need['id']}/answer", json={"answer": "x"}).status_code == 409
    app = contact.post("/gateway/apps", json={"name": "入学核验"}).json()
    five = {"姓名": False, "公民身份号码": True, "手机号码": True, "街道": False, "内部备注": False}
    body = filed(district, app["id"], five, need_id=need["id"])
    refused = contact.post("/gateway/demands", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.demand.not_shared")
    demand = contact.post("/gateway/demands", json=body | {"negotiation": "《义务教育法》第十二条"}).json()
    assert (demand["number"], demand["stage"]) == (need["number"], "provider")

    def items(**given: bool) -> list[dict[str, Any]]:
        return [{"item_id": str(district.items[name]), "clear": clear} for name, clear in given.items()]

    path = f"/gateway/demands/{demand['id']}"
    reviewer_said = reviewer.post(f"{path}/approve", json={"opinion": "号码给脱敏", "items": items(
        姓名=False, 公民身份号码=False, 手机号码=True, 街道=False)})
    assert (reviewer_said.status_code, reviewer_said.json()["stage"]) == (200, "bureau"), reviewer_said.text
    settled = bureau.post(f"{path}/approve", json={"opinion": "不给手机号码", "items": items(
        姓名=True, 公民身份号码=True, 街道=False)}).json()
    assert settled["status"] == "delivered"
    with running(runtime) as gateway:
        issued = type("Issued", (), {
            "app": type("A", (), {"app_key": app["app_key"]}), "key_version": 1, "secret": app["secret"]})()
        answer = Client(gateway.port, issued).call("GET", "/xc/persons").json
        tried = trial(runtime, contact, gateway.port, interface.id, app["id"])
    assert answer == {"total": 1, "items": [{"name": "张*", "id_number": "990*************34", "street": "德胜"}]}
    recorded = json.loads(tried["answer"]["body"])["items"]
    assert recorded == [{"name": "张*", "id_number": "******", "street": "德胜"}], "masked once more, whatever was granted"
    assert tried["request"]["query"] == "sfz=***"
    for file in runtime.home.root.glob("mulian.db*"):
        assert b"990101199003071234" not in file.read_bytes(), "recordings lie sealed"
    line = contact.get(f"{path}/timeline").json()["items"]
    assert [one["action"] for one in line] == [
        "catalog.need.file", "catalog.need.match", "catalog.demand.apply", "catalog.demand.agree",
        "catalog.demand.approve", "gateway.grant.make",
    ]
    assert {one["number"].removesuffix("-1") for one in line} == {need["number"]}, "one number"
    assert "不给手机号码" in [one["text"] for one in line] and early["need_id"] == need["id"]
    stranger = live_server.signed_in("consumer_contact", department_id=None)
    assert stranger.get(f"{path}/timeline").status_code == 404


@pytest.mark.pure
@pytest.mark.parametrize(("shares", "negotiated", "stages"), [
    ((UNCONDITIONAL,), False, ()), ((UNCONDITIONAL, CONDITIONAL), False, ("provider", "bureau")),
    ((UNCONDITIONAL, NONE), False, None), ((UNCONDITIONAL, NONE), True, ("provider", "bureau")),
    ((UNCONDITIONAL,), True, ()),
])
def test_the_route_follows_the_strictest_share_type(
    shares: tuple[str, ...], negotiated: bool, stages: tuple[str, ...] | None
) -> None:
    assert route([Wanted(one, False, False) for one in shares], negotiated=negotiated) == stages


def test_what_is_not_shared_must_be_named_by_each_who_agrees(runtime: Runtime) -> None:
    from catalog.demands import service

    district = District(runtime)
    district.publish("persons", "/xc/persons", http_definition("http://10.1.1.1/x", FIELDS))
    issued = district.app()

    def given(named: bool) -> Any:
        def work(session: Any) -> dict[str, bool]:
            both = {district.items["街道"]: False, district.items["内部备注"]: False}
            wanted = service.Application(
                entry_id=district.entry_id, consumer_ref=issued.app.id, items=both, matter="m", basis="b", purpose="p",
                calls_per_day=5, valid_until=clock.now() + timedelta(days=60), negotiation="《条例》第五条",
            )
            made = service.apply(session, district.maker, department_id=district.consumer, application=wanted)
            service.approve(session, district.checker, demand_id=made.id, opinion="同意", items=both)
            service.approve(session, district.other, demand_id=made.id, opinion="同意", items=both if named else None)
            return dict(session.scalars(select(Grant).where(Grant.demand_id == made.id)).one().fields)

        return runtime.database.run(work)

    assert given(named=False) == {"street": False}
    assert given(named=True) == {"street": False, "note": False}


def test_grants_end_with_their_term_and_say_so_ahead(database: Database) -> None:
    runtime = database.runtime
    assert runtime is not None
    district = District(runtime)
    district.publish("persons", "/xc/persons", http_definition("http://10.1.1.1/x", FIELDS))
    demand = district.demand(district.app(), {"街道": False})
    end = demand.valid_until

    def sweep(days: int) -> dict[str, int]:
        return runtime.database.run(lambda session: expiry.sweep(session, now=end - timedelta(days=days)))

    assert [sweep(days) for days in (31, 30, 8, 7, 6)] == [
        {"ended": 0, "reminded": one} for one in (0, 1, 0, 1, 0)]
    assert sweep(0) == {"ended": 1, "reminded": 0} and sweep(-1) == {"ended": 0, "reminded": 0}
    with runtime.database.read() as session:
        assert session.get_one(Demand, demand.id).status == "expired"
        assert session.scalars(select(Grant.state)).all() == ["expired"]
        assert {one.title_zh[-7:] for one in session.scalars(select(Notice))} == {"30 天后到期"[-7:], "在 7 天后到期"[-7:]}
