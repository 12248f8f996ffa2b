"""The control plane over real HTTP, by the roles that own each step."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.apps.models import Credential
from gateway.snapshot import queries as snapshots
from gateway.snapshot.rules import compile_snapshot
from kernel import clock
from kernel.runtime import Runtime
from tests.gateway.support import ROOT, District, field, http_definition

FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("street", "街道"),
]


def _compiled(runtime: Runtime):
    with runtime.database.read() as session:
        number = snapshots.head_number(session, "production")
        row = snapshots.load(session, "production", number)
        assert row is not None
        return compile_snapshot(number, row.sm3, row.body,
            lambda sealed: runtime.box.open("gateway.credential", sealed))


@pytest.mark.requirement("S4-08")
def test_from_draft_to_grant_and_back(live_server, runtime: Runtime) -> None:
    district = District(runtime)
    engineer, bureau = live_server.signed_in("data_engineer"), live_server.signed_in("bureau_admin")
    reviewer = live_server.signed_in("department_reviewer", department_id=district.provider)
    contact = live_server.signed_in("consumer_contact", department_id=district.consumer)
    stranger = live_server.signed_in("consumer_contact", department_id=district.provider)

    made = engineer.post("/gateway/interfaces", json={
        "code": "persons", "name": "人口查询", "path": "/xc/persons", "entry_id": str(district.entry_id),
        "definition": http_definition("http://10.1.1.1/x", FIELDS),
    })
    assert made.status_code == 201, made.text
    id_, etag = made.json()["id"], made.headers["etag"]
    assert engineer.send("PATCH", f"/gateway/interfaces/{id_}", json={
        "definition": http_definition("http://10.1.1.2/x", FIELDS)}).status_code == 428
    revised = engineer.send("PATCH", f"/gateway/interfaces/{id_}", headers={"If-Match": etag}, json={
        "definition": http_definition("http://10.1.1.2/x", FIELDS)})
    assert revised.status_code == 200, revised.text
    assert engineer.send("PATCH", f"/gateway/interfaces/{id_}", headers={"If-Match": etag}, json={
        "definition": http_definition("http://10.1.1.2/x", FIELDS)}).status_code == 412
    assert bureau.post(f"/gateway/interfaces/{id_}/approve", json={"opinion": "同意"}).status_code == 409, "not submitted"
    assert engineer.post(f"/gateway/interfaces/{id_}/submit").status_code == 200
    assert engineer.post(f"/gateway/interfaces/{id_}/approve", json={"opinion": "同意"}).status_code == 403
    published = bureau.post(f"/gateway/interfaces/{id_}/approve", json={"opinion": "同意"})
    assert (published.status_code, published.json()["state"]) == (200, "published")

    app = contact.post("/gateway/apps", json={"name": "入学核验"})
    assert app.status_code == 201 and len(app.json()["secret"]) == 43
    app_id = app.json()["id"]
    assert app.json()["secret"] not in contact.get(f"/gateway/apps/{app_id}").text
    assert stranger.get(f"/gateway/apps/{app_id}").status_code == 404
    demand = contact.post("/gateway/demands", json={
        "entry_id": str(district.entry_id), "app_id": app_id, "matter": "入学核验", "basis": "办法", "purpose": "核验",
        "calls_per_day": 500, "calls_per_month": 9000, "calls_per_second": 5, "bytes_per_day": 10**6,
        "bytes_per_month": 10**7, "valid_until": clock.iso(clock.now() + timedelta(days=90)),
        "items": [{"item_id": str(district.items["公民身份号码"]), "clear": True},
                  {"item_id": str(district.items["街道"]), "clear": False}],
    })
    assert (demand.status_code, demand.json()["stage"]) == (201, "provider"), demand.text
    did = demand.json()["id"]
    assert contact.post(f"/gateway/demands/{did}/approve", json={"opinion": "同意"}).status_code == 403
    first = reviewer.post(f"/gateway/demands/{did}/approve", json={"opinion": "同意，脱敏", "items": [
        {"item_id": str(district.items["公民身份号码"]), "clear": False},
        {"item_id": str(district.items["街道"]), "clear": False}]})
    assert (first.status_code, first.json()["stage"]) == (200, "bureau"), first.text
    assert reviewer.post(f"/gateway/demands/{did}/approve", json={"opinion": "同意"}).status_code == 403
    last = bureau.post(f"/gateway/demands/{did}/approve", json={"opinion": "同意"})
    assert (last.status_code, last.json()["status"]) == (200, "delivered"), last.text
    grant = contact.get("/gateway/grants").json()["items"][0]
    assert grant["fields"] == {"id_number": False, "street": False}, "the bureau cannot give more than the provider"
    key = app.json()["app_key"].encode()
    compiled = _compiled(runtime)
    assert compiled.apps[key].grants["persons"].limits == (500, 9000, 10**6, 10**7, 5000, 10)
    assert [grant[name] for name in ("quota_day", "quota_month", "bytes_day", "bytes_month", "rate", "used_month")] == [
        500, 9000, 10**6, 10**7, 5000, 0,
    ]
    assert compiled.apps[key].secrets == {b"1": app.json()["secret"].encode()}

    second = contact.post(f"/gateway/apps/{app_id}/credentials").json()
    assert set(_compiled(runtime).apps[key].secrets) == {b"1", b"2"}
    assert contact.post(f"/gateway/apps/{app_id}/credentials").status_code == 409
    assert contact.post(f"/gateway/apps/{app_id}/credentials/1/revoke").status_code == 200
    assert _compiled(runtime).apps[key].secrets == {b"2": second["secret"].encode()}
    assert bureau.post(f"/gateway/apps/{app_id}/block", json={"reason": "异常"}).status_code == 200
    assert key not in _compiled(runtime).apps
    assert bureau.post(f"/gateway/apps/{app_id}/unblock", json={"reason": "恢复"}).status_code == 200
    assert bureau.post(f"/gateway/grants/{grant['id']}/revoke", json={"reason": "终止"}).status_code == 200
    assert _compiled(runtime).apps[key].grants == {}
    assert bureau.post(f"/gateway/interfaces/{id_}/retire", json={"opinion": "停用"}).status_code == 200
    assert _compiled(runtime).routes[b"/xc/persons"].retired, "a tombstone: the snapshot is not empty"
    for path in ("/gateway/calls", "/gateway/metrics", "/gateway/interfaces?q=per", "/gateway/demands"):
        assert contact.get(path).status_code == 200, path


def test_secrets_lie_sealed(runtime: Runtime) -> None:
    issued = District(runtime).app()
    with runtime.database.read() as session:
        sealed = session.query(Credential).one().sealed
        assert issued.secret.encode() not in sealed
    for path in runtime.home.root.glob("mulian.db*"):
        assert issued.secret.encode() not in path.read_bytes()


def test_what_is_not_shared_cannot_be_applied_for_and_nobody_decides_alone(runtime: Runtime) -> None:
    from catalog.demands import errors, service
    from kernel.errors import MulianError

    district = District(runtime)
    issued = district.app()
    with pytest.raises(MulianError) as caught:
        district.demand(issued, {"内部备注": False})
    assert caught.value.code == errors.NOT_SHARED.code
    free = district.demand(issued, {"街道": False})
    assert (free.status, free.stage) == ("provisioning", ""), "approved at once; no interface yet"

    def alone(session: Session) -> None:
        made = service.apply(session, district.maker, department_id=district.consumer, application=service.Application(
            entry_id=district.entry_id, consumer_ref=issued.app.id, matter="m", basis="b", purpose="p", calls_per_day=1,
            items={district.items["姓名"]: False}, valid_until=clock.now() + timedelta(days=1),
        ))
        service.approve(session, district.maker, demand_id=made.id, opinion="同意")

    with pytest.raises(MulianError) as caught:
        runtime.database.run(alone)
    assert caught.value.code == errors.SAME_PERSON.code
    district.publish("streets", "/xc/streets", http_definition("http://10.1.1.1/x", [field("street", "街道")]))
    with runtime.database.read() as session:
        from catalog.demands.models import Demand

        assert session.get(Demand, free.id).status == "delivered", "made when its interface was published"
    assert _compiled(runtime).apps[issued.app.app_key.encode()].grants["streets"].policy.rules[0].name == "street"


def test_the_framing_core_stays_small_and_knows_no_feature() -> None:
    files = sorted((ROOT / "gateway" / "proxy" / "framing").glob("*.py"))
    assert sum(len(path.read_text().splitlines()) for path in files) < 1500
    for path in files:
        imports = [line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]
        foreign = [line for line in imports if "gateway." in line and "gateway.proxy.framing" not in line]
        assert foreign == [], path.name
        assert not [line for line in imports if "kernel" in line], path.name


