"""联调: calls from the console, what is kept of them, that it lies sealed and goes after seven days."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.trials import queries, recording, service
from gateway.trials.models import Trial
from kernel import clock
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.gateway.support import SYSTEM, Client, District, answer_json, field, http_definition, running
from tests.support.scale import Scale

FIELDS = [field("id_number", "公民身份号码", sensitive=True, mask="id_number"), field("street", "街道")]
CLEAR = "990101199003071234"
DEFINITION = http_definition("http://10.1.1.1/x", FIELDS)
JSON = {"content-type": "application/json", "set-cookie": "no", "x-request-id": "r1"}


def kept(environment: str, status: int, headers: dict[str, str], document: Any) -> dict[str, Any]:
    return recording.answer(environment, DEFINITION, status, headers, json.dumps(document).encode())


@pytest.mark.pure
def test_production_keeps_masked_fields_only_even_those_granted_in_clear() -> None:
    found = kept("production", 200, JSON, {"items": [{"id_number": CLEAR, "street": "德胜"}], "total": 1})
    assert json.loads(found["body"]) == {"items": [{"id_number": "990*************34", "street": "德胜"}], "total": 1}
    assert "set-cookie" not in found["headers"]
    for headers, document in ((JSON, [CLEAR]), (JSON, {"rows": CLEAR}), (JSON, CLEAR)):
        assert kept("production", 200, headers, document)["body"] == recording.NOT_KEPT
    assert kept("production", 404, JSON, {"x": CLEAR})["body"] == recording.NOT_KEPT
    problem = {"content-type": "application/problem+json; charset=utf-8"}
    assert "gateway.call.rate" in kept("production", 429, problem, {"code": "gateway.call.rate"})["body"]
    assert CLEAR in kept("test", 200, JSON, [CLEAR])["body"], "synthetic data are shown as they are"
    huge = recording.answer("test", DEFINITION, 200, JSON, b"x" * (recording.BODY_LIMIT + 1))
    assert huge["body"] == recording.NOT_KEPT


@pytest.mark.pure
def test_a_production_request_is_kept_without_persons() -> None:
    found = recording.request("production", "POST", "/xc/p", f"sfz={CLEAR}&q=1", f'{{"id": "{CLEAR}"}}')
    assert CLEAR not in str(found) and found["query"] == "sfz=***&q=1" and found["body"].startswith("SM3 ")
    assert recording.request("test", "POST", "/xc/p", "a=1", "x") == {
        "method": "POST", "path": "/xc/p", "query": "a=1", "body": "x"}


def test_trials_through_the_gateway(live_server, upstream, runtime: Runtime, scale: Scale) -> None:
    district = District(runtime)
    source = upstream(answer_json({"items": [{"id_number": CLEAR, "street": "德胜"}], "total": 1}))
    interface = district.publish("persons", "/xc/persons", http_definition(source.url, FIELDS))
    contact = live_server.signed_in("consumer_contact", department_id=district.consumer)
    stranger = live_server.signed_in("consumer_contact")
    apps = {name: contact.post("/gateway/apps", json={"name": name, "environment": name}).json()["id"]
            for name in ("production", "test")}
    path = f"/gateway/interfaces/{interface.id}/trials"
    refused = contact.post(path, json={"app_id": apps["test"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "gateway.trial.no_test_gateway")
    assert stranger.post(path, json={"app_id": apps["production"]}).status_code == 404
    filed = contact.post("/gateway/demands", json={
        "entry_id": str(district.entry_id), "app_id": apps["production"], "matter": "m", "basis": "b", "purpose": "p",
        "calls_per_day": 50, "valid_until": clock.iso(clock.now() + timedelta(days=9)),
        "items": [{"item_id": str(district.items["公民身份号码"]), "clear": True}]}).json()
    for role, department in (("department_reviewer", district.provider), ("bureau_admin", None)):
        who = live_server.signed_in(role, department_id=department)
        assert who.post(f"/gateway/demands/{filed['id']}/approve", json={"opinion": "同意"}).status_code == 200
    refused = contact.post("/gateway/demands", json={k: filed[k] for k in (
        "entry_id", "matter", "basis", "purpose", "calls_per_day", "valid_until")} | {
            "app_id": apps["test"], "items": [{"item_id": str(district.items["街道"]), "clear": False}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "gateway.app.test")

    environments = (("production", "990*************34"), ("test", "7"))
    count = scale.of(0, 2)  # one trial through a gateway is made by the test of the chain
    for environment, expected in environments[:count]:
        with running(runtime, environment=environment) as gateway:
            Client(gateway.port).close()
            runtime.settings = runtime.settings.model_copy(update={
                "gateway_port": gateway.port, "gateway_test_port": gateway.port})
            made = contact.post(path, json={"app_id": apps[environment], "query": f"sfz={CLEAR}"})
            assert (made.status_code, made.json()["status"]) == (202, -1), made.text
            id_ = made.json()["id"]
            assert contact.get(f"/gateway/trials/{id_}").json()["code"] == "gateway.trial.state"
            with runtime.database.read() as session:
                trial_id = session.scalars(select(Trial.id).where(Trial.status == -1)).one()
            assert service.make(runtime, trial_id) == 200 == service.make(runtime, trial_id)
        seen = contact.get(f"/gateway/trials/{id_}").json()
        assert json.loads(seen["answer"]["body"])["items"][0]["id_number"].startswith(expected)
        assert seen["request_id"] == seen["answer"]["headers"]["x-request-id"]
        assert stranger.get(f"/gateway/trials/{id_}").status_code == 404
        assert (CLEAR in seen["request"]["query"]) is (environment == "test")
    assert len(source.requests) == min(count, 1), "the test environment calls no source, a made trial is not made again"
    for file in runtime.home.root.glob("mulian.db*"):
        assert CLEAR.encode() not in file.read_bytes(), "sealed"
    made = [one["environment"] for one in contact.get(path).json()["items"]]
    assert made == ["test", "production"][:count]
    assert stranger.get(path).json()["items"] == []
    now = clock.now()
    for moment, gone in ((now + timedelta(days=6), 0), (now + timedelta(days=7, seconds=1), count)):
        assert runtime.database.run(lambda session, moment=moment: queries.purge(session, moment)) == gone


def test_no_gateway_is_an_answer_too(runtime: Runtime) -> None:
    district = District(runtime)
    interface = district.publish("persons", "/xc/persons", DEFINITION)
    issued = district.app()
    runtime.settings = runtime.settings.model_copy(update={"gateway_port": 1})
    call = {"method": "GET", "below": "", "query": "", "body": ""}
    options = {"interface_id": interface.id, "app_id": issued.app.id, **call}
    trial = runtime.database.run(lambda session: service.queue(session, SYSTEM, **options))
    assert service.make(runtime, trial.id) == 0
    with runtime.database.read() as session:
        found = service.read(session, session.get_one(Trial, trial.id))
        assert found["answer"]["status"] == 0
    with pytest.raises(MulianError):
        runtime.database.run(
            lambda session: service.queue(session, SYSTEM, **options | {"app_id": interface.id}))
