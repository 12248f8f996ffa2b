"""Two officers and one entry; ungoverned fields; online and offline; what was withdrawn."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from catalog.entries import online
from catalog.events import EntryOnlineChanged
from catalog.nodes import journal, rules
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, NodeVersion
from catalog.public import tombstones
from catalog.public.queries import public
from catalog.review import changes
from catalog.review import service as review
from kernel import clock, events
from kernel.audit.models import AuditLog
from kernel.db import Database
from tests.catalog.conftest import Town
from tests.catalog.test_http import Office, office
from tests.catalog.test_workflow import PASS, change_entry, code, create, decide, entry, submit

assert office  # the fixture of the HTTP tests


def conflict(database: Database, entry_id: uuid.UUID, seen: int | None, values: dict[str, Any]) -> journal.Conflict:
    with database.read() as session:
        node = session.get_one(DataEntry, entry_id)
        return journal.conflict(session, KINDS["data_entry"], node, seen, values, None)


def test_base_theirs_and_yours(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    change_entry(database, town.officer, entry_id, {"office": "一科"})
    change_entry(database, town.bureau, entry_id, {"office": "二科", "use_scene": "核验"})
    found = conflict(database, entry_id, 1, {"office": "三科", "abstract": "新", "name": "婚姻登记信息"})
    assert [(one["field"], one["base"], one["theirs"], one["yours"], one["clash"]) for one in found.fields] == [
        ("office", None, "二科", "三科", True), ("abstract", "样例", "样例", "新", False),
        ("use_scene", None, "核验", None, False),
    ]
    assert [(one["by"], one["fields"]) for one in found.changes] == [
        ("officer", ["office"]), ("bureau", ["office", "use_scene"])
    ]
    assert found.clashes and found.mine({"office": "三科", "name": "婚姻登记信息"}) == {"office": "三科"}
    assert not conflict(database, entry_id, 1, {"office": "二科"}).clashes, "both wrote the same"
    assert not conflict(database, entry_id, 2, {"office": "一科"}).clashes, "a value that was only shown is not an edit"
    assert conflict(database, entry_id, None, {"office": "四科"}).clashes, "nothing is known of what an unknown one saw"


def test_a_discarded_change_comes_back_into_view(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    change_entry(database, town.officer, entry_id, {"office": "一科"})
    seen = entry(database, entry_id).revision
    database.run(lambda s: changes.discard(s, town.bureau, KINDS["data_entry"], s.get_one(DataEntry, entry_id)))
    found = conflict(database, entry_id, seen, {"abstract": "新"})
    assert [(one["field"], one["base"], one["theirs"]) for one in found.fields] == [
        ("office", "一科", None), ("abstract", "样例", "样例")
    ]
    assert [one["action"] for one in found.changes] == ["discard"]


@pytest.mark.requirement("S4-01")
def test_the_second_officer_loses_nothing(office: Office) -> None:
    path, etag = office.created()
    first = office.officer.send("PATCH", path, json={"office": "一科"}, headers={"If-Match": etag})
    assert first.status_code == 200
    clash = office.bureau.send("PATCH", path, json={"office": "二科"}, headers={"If-Match": etag})
    shown = clash.json()["params"]
    assert (clash.status_code, shown["reapply"], shown["seen"]) == (412, False, 1)
    assert shown["changes"][0]["fields"] == ["office"] and shown["changes"][0]["by"] and shown["changes"][0]["at"]
    assert shown["fields"] == [{
        "field": "office", "label": "处室", "base": None, "theirs": "一科", "yours": "二科", "clash": True,
    }]
    again = office.bureau.send("PATCH", path + "?reapply=true", json={"office": "二科"}, headers={"If-Match": etag})
    assert again.status_code == 412, "a clash is never overwritten"
    whole = {"office": None, "abstract": "摘要", "items": [{"name": "证件号"}]}
    apart = office.bureau.send("PATCH", path, json=whole, headers={"If-Match": etag})
    assert apart.status_code == 412 and apart.json()["params"]["reapply"] is True
    done = office.bureau.send("PATCH", path + "?reapply=true", json=whole, headers={"If-Match": etag})
    assert done.status_code == 200, done.text
    held = done.json()
    assert (held["entry"]["office"], held["entry"]["abstract"]) == ("一科", "摘要")
    assert [one["name"] for one in held["items"]] == ["证件号"]
    late = office.officer.send("PATCH", path + "?reapply=true", json={"items": [{"name": "住址"}]},
                               headers={"If-Match": first.headers["ETag"]})
    assert late.status_code == 412 and late.json()["params"]["fields"][-1]["field"] == "children"
    never = office.officer.send("PATCH", path + "?reapply=true", json={"office": "九科"}, headers={"If-Match": '"77"'})
    assert never.status_code == 412 and never.json()["params"]["seen"] is None


def test_ungoverned_fields_apply_at_once(database: Database, town: Town) -> None:
    for kind in KINDS.values():
        assert not set(kind.ungoverned) & set(kind.hashed) and set(kind.ungoverned) <= set(kind.fields)
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    before = entry(database, entry_id)
    change_entry(database, town.officer, entry_id, {"record_count": 12})
    after = entry(database, entry_id)
    assert (after.status, after.version, after.record_count) == ("published", 1, 12)
    assert after.revision == before.revision + 1 and after.entry_hash == before.entry_hash
    change_entry(database, town.officer, entry_id, {"record_count": 13, "office": "一科"})
    mixed = entry(database, entry_id)
    assert (mixed.status, mixed.record_count, mixed.office) == ("change_draft", 13, None)
    case = submit(database, town.officer, entry_id)
    change_entry(database, town.bureau, entry_id, {"record_count": 14})
    assert code(lambda: change_entry(database, town.bureau, entry_id, {"record_count": 15, "name": "x"})) == (
        "catalog.node.state"
    )
    # the count that came in during the review neither undoes it nor makes the bureau's person a maker
    decide(database, town.bureau, case, "approve", secrecy=PASS)
    final = entry(database, entry_id)
    assert (final.version, final.record_count, final.office) == (2, 14, "一科")
    with database.read() as session:
        actions = session.scalars(select(AuditLog.action).where(AuditLog.object_id == str(entry_id)))
        assert list(actions).count("catalog.data_entry.refresh") == 2
        assert nodes.verify_chains(session) == (2, [])
    assert rules.editable("data_entry", "change_review", {"record_count": 1})
    assert not rules.editable("data_entry", "change_review", {"name": "x"})
    assert rules.split("data_entry", "draft", {"record_count": 1}) == ({"record_count": 1}, {})


def test_offline_and_online_again(database: Database, town: Town) -> None:
    heard: list[EntryOnlineChanged] = []
    events.subscribe(EntryOnlineChanged, lambda _, event: heard.append(event))
    entry_id = create(database, town, open_type="unconditional")

    def switch(actor: Any, on: bool, reason: str = "数据有误") -> None:
        database.run(lambda s: online.switch(
            s, actor, s.get_one(DataEntry, entry_id), online=on, reason=reason
        ))

    def is_public() -> bool:
        with database.read() as session:
            return session.scalar(select(DataEntry.id).where(public(), DataEntry.id == entry_id)) is not None

    assert code(lambda: switch(town.bureau, False)) == "catalog.entry.online_state"
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    assert is_public()
    assert code(lambda: switch(town.officer, False)) == "identity.permission.denied"
    switch(town.bureau, False)
    held = entry(database, entry_id)
    assert (held.status, held.version, held.online, is_public()) == ("published", 1, False, False)
    assert code(lambda: switch(town.bureau, False)) == "catalog.entry.online_state"
    change_entry(database, town.officer, entry_id, {"office": "一科"})
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    assert not entry(database, entry_id).online, "an approved change does not bring it back"
    switch(town.bureau, True, "已更正")
    assert is_public() and [(one.online, one.reason) for one in heard] == [(False, "数据有误"), (True, "已更正")]
    with database.read() as session:
        assert [(one.online, one.changed_name) for one in online.history(session, entry_id)] == [
            (True, "bureau"), (False, "bureau")
        ]


def test_what_was_withdrawn_is_known(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    assert code(lambda: database.run(
        lambda s: review.submit(s, town.officer, "data_entry", [entry_id], action="withdraw", note=" ")
    )) == "catalog.review.note_missing"
    gone_code = entry(database, entry_id).code
    decide(database, town.reviewer, submit(database, town.officer, entry_id, "withdraw"), "approve")
    with database.read() as session:
        stone = tombstones.of_code(session, gone_code)
        assert stone is not None and (stone.reason, stone.withdrawn_by) == ("数据已归并到他处", "reviewer")
        last = session.scalars(select(NodeVersion.version).where(NodeVersion.node_id == entry_id)).all()
        assert stone.version == max(last) == 2 and tombstones.known(session, [entry_id]) == {entry_id}
        assert [one.code for one in session.scalars(tombstones.listing("data_entry"))] == [gone_code]
        error = tombstones.gone(stone)
        assert error.status == 410 and "数据已归并到他处" in error.text("zh")
    assert entry(database, create(database, town)).code != gone_code, "the code is never given again"
    assert code(lambda: change_entry(database, town.officer, entry_id, {"office": "x"})) == "catalog.node.state"
    for verb in ("UPDATE node_tombstone SET reason = 'x'", "DELETE FROM node_tombstone"):
        with pytest.raises(DBAPIError), database.write() as session:
            session.execute(text(verb))


def test_readers_get_410_and_the_department_sees_why(office: Office) -> None:
    path, _ = office.created()
    office.officer.post(path + "/submit")
    office.reviewer.post(path + "/approve", {"secrecy": {"conclusion": "pass", "basis": "公开信息"}})
    assert office.stranger.get(path).status_code == 200
    assert office.officer.post(path + "/withdraw").status_code == 422
    assert office.officer.post(path + "/withdraw", {"reason": "职能划转"}).status_code == 200
    office.reviewer.post(path + "/approve", {})
    for suffix in ("", "/items", "/versions"):
        answer = office.stranger.get(path + suffix)
        assert answer.status_code == 410 and answer.json()["code"] == "catalog.entry.gone", answer.text
        assert answer.json()["params"]["reason"] == "职能划转" and answer.json()["params"]["day"]
    assert office.officer.get(path).json()["tombstone"]["reason"] == "职能划转"
    stones = office.stranger.get("/catalog/tombstones").json()
    assert stones["total"] == 1 and stones["items"][0]["reason"] == "职能划转"


def test_the_workflow_over_http(office: Office) -> None:
    rule = {"stages": ["department", "bureau"], "due_workdays": 3, "separate_secrecy": False}
    assert office.officer.send("PUT", "/catalog/review-rules/default", json=rule).status_code == 403
    scope = f"/catalog/review-rules/{office.civil}"
    assert office.bureau.send("PUT", scope, json=rule).json()["version"] == 1
    assert office.bureau.send("PUT", scope, json=rule).status_code == 412
    assert len(office.officer.get("/catalog/review-rules").json()) == 2
    path, _ = office.created()
    office.officer.post(path + "/submit", {"note": "首次报送"})
    told = {"reason": "", "reasons": [{"reason": "写明范围", "field": "abstract"}]}
    assert office.reviewer.post(path + "/return", told).json()["reasons"][0]["label"] == "摘要"
    (reason,) = office.officer.get(path).json()["reasons"]
    answers = {"answers": [{"reason_id": reason["id"], "answer": "本条无摘要"}]}
    assert office.officer.post(path + "/submit", answers).json()["review"]["round"] == 2
    (case,) = office.reviewer.get("/catalog/reviews", params={"decidable": True, "stage": "department"}).json()["items"]
    detail = office.reviewer.get(f"/catalog/reviews/{case['id']}").json()
    assert detail["reasons"][0]["answer"] == "本条无摘要" and detail["since_return"]["differences"] == []
    secrecy = {"conclusion": "pass", "basis": "不涉密"}
    assert office.reviewer.post(f"/catalog/reviews/{case['id']}/secrecy", secrecy).json()["secrecy"][0]["basis"]
    body = {"filter": {"department_id": str(office.civil)}, "decision": "approve", "reason": "同意"}
    assert office.reviewer.post("/catalog/reviews/decide", {**body, "expected": 2}).status_code == 409
    step = office.reviewer.post("/catalog/reviews/decide", {**body, "expected": 1}).json()
    assert step == {"count": 1, "published": 0, "refused": []}
    assert office.reviewer.get("/catalog/reviews", params={"decidable": True}).json()["total"] == 0
    done = office.bureau.post("/catalog/reviews/decide", body).json()
    assert done["published"] == 1
    assert office.bureau.get("/catalog/secrecy-reviews").json()["items"][0]["name"] == "婚姻登记信息"
    assert office.stranger.get("/catalog/secrecy-reviews").json()["total"] == 0
    assert office.bureau.post(path + "/offline", {"reason": "核对"}).json()["entry"]["online"] is False
    assert office.bureau.get(path + "/online-changes").json()[0]["reason"] == "核对"
    system = office.officer.post("/catalog/systems", {"name": "系统", "department_id": str(office.civil)}).json()
    assert office.officer.post(f"/catalog/systems/{system['node']['id']}/withdraw", {"reason": "x"}).status_code == 409


def test_an_undo_of_edits_is_an_edit(database: Database, town: Town) -> None:
    """What imports and other features write through the edit rules is journalled like an officer's edit."""
    entry_id = create(database, town)
    database.run(lambda s: node_service.edit(
        s, town.bureau, "data_entry", s.get_one(DataEntry, entry_id), {}, [{"name": "一"}, {"name": "二"}]
    ))
    found = conflict(database, entry_id, 1, {})
    assert [one["field"] for one in found.fields] == ["children"]
    assert [one["name"] for one in found.fields[0]["base"]] == ["姓名", "日期"]


def test_a_release_over_http(office: Office) -> None:
    entry = {"name": "核心名录", "share_type": "conditional", "open_type": "none", "level": 6}
    made = office.officer.post("/catalog/entries", {**entry, "department_id": str(office.civil)}).json()["entry"]
    wish = {
        "entry_id": made["id"], "purpose": "push", "receiver": "市大数据中心", "basis": "数据安全法",
        "valid_until": clock.iso(clock.now() + timedelta(days=9)),
    }
    assert office.reviewer.post("/catalog/releases", wish).status_code == 403
    assert office.officer.post("/catalog/releases", {**wish, "purpose": "gift"}).status_code == 422
    asked = office.officer.post("/catalog/releases", wish)
    assert (asked.status_code, asked.json()["state"]) == (201, "pending"), asked.text
    assert office.bureau.get("/catalog/releases").json()["total"] == 0
    approval = f"/approvals/{asked.json()['approval_id']}"
    seen = office.bureau.get(approval).json()
    decided = office.bureau.post(approval + "/decision", {"digest": seen["digest"], "approve": True, "opinion": "同意"})
    assert decided.status_code == 200, decided.text
    (one,) = office.officer.get("/catalog/releases", params={"purpose": "push"}).json()["items"]
    assert (one["code"], one["level"], one["receiver"]) == (made["code"], 6, "市大数据中心")
    assert office.stranger.get("/catalog/releases").json()["total"] == 0
    revoked = office.bureau.post(f"/catalog/releases/{one['id']}/revoke", {"reason": "事项结束"}).json()
    assert revoked["revoke_reason"] == "事项结束" and office.bureau.get("/catalog/releases").json()["total"] == 0
    assert office.bureau.get("/catalog/releases", params={"valid": False}).json()["total"] == 1
