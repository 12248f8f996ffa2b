"""The catalog over real HTTP: versions on edits, foreign departments, the way to publication, imports."""

from typing import Any

import pytest

from kernel.db import Database
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.jobs import runner
from tests.catalog import books

ENTRY = {"name": "婚姻登记信息", "share_type": "unconditional", "open_type": "none", "items": [{"name": "姓名"}]}


class Office:
    """A department with signed-in people, and people of another one and of the bureau."""

    def __init__(self, live_server: Any) -> None:
        database: Database = live_server.runtime.database
        with database.write() as session:
            self.civil = create_department(session, system_actor("test"), name="区民政局", kind="bureau").id
            self.health = create_department(session, system_actor("test"), name="区卫健委", kind="bureau").id
        self.database, self.runtime = database, live_server.runtime
        self.officer = live_server.signed_in("data_officer", department_id=self.civil)
        self.reviewer = live_server.signed_in("department_reviewer", department_id=self.civil)
        self.stranger = live_server.signed_in("data_officer", department_id=self.health)
        self.bureau = live_server.signed_in("bureau_admin")

    def work(self) -> None:
        """Run the next queued job as a worker would."""
        held = runner.claim(self.runtime)
        assert held is not None
        runner.execute(self.runtime, held, runner.context_of(self.runtime, held))

    def created(self) -> tuple[str, str]:
        """A new entry: path and ETag."""
        answer = self.officer.post("/catalog/entries", {**ENTRY, "department_id": str(self.civil)})
        assert answer.status_code == 201, answer.text
        return f"/catalog/entries/{answer.json()['entry']['id']}", answer.headers["ETag"]


@pytest.fixture
def office(live_server: Any) -> Office:
    """See the class."""
    return Office(live_server)


def test_an_edit_names_the_version_it_saw(office: Office) -> None:
    path, etag = office.created()
    assert office.officer.send("PATCH", path, json={"office": "一科"}).status_code == 428
    good = office.officer.send("PATCH", path, json={"office": "一科"}, headers={"If-Match": etag})
    assert good.status_code == 200 and good.headers["ETag"] != etag
    lost = office.officer.send("PATCH", path, json={"office": "二科"}, headers={"If-Match": etag})
    assert lost.status_code == 412 and lost.json()["code"] == "kernel.match.stale"
    shown = office.officer.get(path).json()
    assert shown["entry"]["office"] == "一科", "the update that saw less is not applied"
    above = {**ENTRY, "department_id": str(office.civil), "level": 5}
    important = office.officer.post("/catalog/entries", above).json()
    assert (shown["restricted"], important["restricted"]) == (False, True)
    wrong = {"If-Match": good.headers["ETag"]}
    assert office.officer.send("PATCH", path, json={"share_type": "1"}, headers=wrong).status_code == 422
    assert office.officer.send("PATCH", path, json={"status": "published"}, headers=wrong).status_code == 422


def test_another_department_finds_nothing_until_it_is_published(office: Office) -> None:
    path, etag = office.created()
    for method, suffix, body in (
        ("GET", "", None), ("PATCH", "", {"office": "x"}), ("POST", "/submit", None), ("GET", "/versions", None),
        ("PUT", "/links", {"duty_ids": [], "system_ids": []}),
    ):
        answer = office.stranger.send(method, path + suffix, json=body, headers={"If-Match": etag})
        assert answer.status_code == 404, (method, suffix, answer.text)
    body = {**ENTRY, "department_id": str(office.civil)}
    assert office.stranger.post("/catalog/entries", body).status_code == 404
    assert office.stranger.get("/catalog/entries").json()["total"] == 0
    assert office.reviewer.send("PATCH", path, json={}, headers={"If-Match": etag}).status_code == 403
    office.officer.post(path + "/submit")
    approval = {"secrecy": {"conclusion": "pass", "basis": "公开信息"}}
    assert office.officer.post(path + "/approve", approval).status_code == 403
    done = office.reviewer.post(path + "/approve", approval)
    assert done.status_code == 200 and done.json()["entry"]["version"] == 1
    seen = office.stranger.get(path).json()
    assert seen["entry"]["status"] == "published" and seen["actions"] == [] and "updated_by" not in seen["entry"]
    changed = office.stranger.send("PATCH", path, json={"office": "x"}, headers={"If-Match": '"3"'})
    assert changed.status_code == 404


def test_review_change_versions_and_anchor(office: Office) -> None:
    path, _ = office.created()
    office.officer.post(path + "/submit")
    (case,) = office.reviewer.get("/catalog/reviews").json()["items"]
    assert office.reviewer.post(f"/catalog/reviews/{case['id']}/open").json()["case"]["code"] == case["code"]
    assert office.officer.post(path + "/recall").json()["code"] == "catalog.review.already_opened"
    assert office.reviewer.post(path + "/return", {"reason": ""}).status_code == 422
    assert office.reviewer.post(path + "/return", {"reason": "补充摘要"}).json()["entry"]["status"] == "pub_rejected"
    office.officer.post(path + "/submit")
    (case,) = office.reviewer.get("/catalog/reviews").json()["items"]
    assert office.reviewer.post(f"/catalog/reviews/{case['id']}/open").json()["answered"] == ["补充摘要"]
    decision = {"case_ids": [case["id"]], "decision": "approve", "secrecy": {"conclusion": "pass", "basis": "公开"}}
    decided = office.reviewer.post("/catalog/reviews/decide", decision).json()
    assert decided == {"count": 1, "published": 1, "refused": []}
    again = office.reviewer.post("/catalog/reviews/decide", decision)
    assert again.json()["code"] == "catalog.review.selection_empty"
    etag = {"If-Match": office.officer.get(path).headers["ETag"]}
    drafted = office.officer.send("PATCH", path, json={"name": "改名"}, headers=etag).json()
    assert drafted["entry"]["name"] == ENTRY["name"] and drafted["change"]["fields"] == {"name": "改名"}
    office.officer.post(path + "/submit")
    office.reviewer.post(path + "/approve", {"secrecy": {"conclusion": "pass", "basis": "公开"}})
    versions = office.officer.get(path + "/versions").json()
    assert [v["version"] for v in versions] == [2, 1] and versions[0]["prev_hash"] == versions[1]["entry_hash"]
    assert versions[0]["anchor"]["state"] == "waiting", "no chain runs in this test; nothing is made up"
    diff = office.officer.get(path + "/versions/diff", params={"older": 1, "newer": 2}).json()
    assert diff == [{"field": "name", "label": "名称", "before": ENTRY["name"], "after": "改名"}]
    assert office.officer.get(path + "/anchor").json()["version"] == 2


def test_lists_search_facets_tree_and_stats(office: Office) -> None:
    path, _ = office.created()
    found = office.officer.get("/catalog/entries", params={"q": "姻登", "facets": True}).json()
    assert found["total"] == 1 and [p for p, hit in found["items"][0]["highlight"] if hit] == ["姻登"]
    assert found["facets"]["department"] == [{"value": str(office.civil), "label": "区民政局", "count": 1}]
    assert office.officer.get("/catalog/entries", params={"q": "婚"}).json()["scanned"] is True
    assert office.officer.get("/catalog/entries", params={"q": "没有的"}).json()["items"] == []
    assert office.officer.get("/catalog/entries", params={"size": 201}).status_code == 422
    assert office.officer.get("/catalog/entries", params={"format": "%"}).json()["total"] == 0
    kinds = office.officer.get("/catalog/tree").json()["items"]
    assert kinds[0]["key"] == "kind:bureau" and kinds[0]["counts"]["data_entry"] == 1
    assert office.officer.get("/catalog/stats").json()["levels"]["data_entry"] == {"draft": 1}
    lists = office.officer.get("/catalog/code-lists").json()
    assert "conditional-first" in lists["number_profiles"]
    system = office.officer.post("/catalog/systems", {"name": "登记系统", "department_id": str(office.civil)}).json()
    table = {"name": "登记表", "table_name": "t_reg", "system_id": system["node"]["id"], "columns": [
        {"name": "id", "data_type": "bigint", "is_key": True}]}
    made = office.officer.post("/catalog/tables", table).json()
    assert made["node"]["code"] == system["node"]["code"] + "-T0001" and made["children"][0]["code"].endswith(".C001")
    links = {"duty_ids": [], "system_ids": [system["node"]["id"]]}
    assert office.officer.send("PUT", path + "/links", json=links).json()["systems"][0]["name"] == "登记系统"
    assert office.officer.get("/catalog/systems", params={"q": "登记"}).json()["total"] == 1


def test_an_import_over_http(office: Office) -> None:
    rows = (["区民政局", "甲", "", "csv", "", "", "u:1"], ["区卫健委", "乙", "", "csv", "昨天", "", "u:2"])
    files = {"file": ("清单.xlsx", books.listing(*rows))}
    answer = office.officer.send("POST", "/catalog/imports", files=files, data={"profile": "listing"})
    assert answer.status_code == 202 and answer.json()["state"] == "uploaded" and answer.json()["running"]
    batch_id = answer.json()["id"]
    path = f"/catalog/imports/{batch_id}"
    office.work()
    findings = office.officer.get(path + "/findings").json()["items"]
    assert {(f["row_no"], f["column"], f["code"]) for f in findings} == {
        (3, "A", "department_foreign"),
        (3, "E", "date"),
    }
    assert office.stranger.get(path).status_code == 404
    assert office.officer.post(path + "/apply", {}).json()["code"] == "catalog.import.row_errors"
    cell = {"sheet": "Sheet1", "row_no": 3, "column": "E", "value": "2026.3"}
    put = office.officer.send("PUT", path + "/cells", json=cell)
    assert put.status_code == 200 and (put.json()["original"], put.json()["checked"]) == ("昨天", False)
    assert office.stranger.send("PUT", path + "/cells", json=cell).status_code == 404
    refused = office.officer.post(path + "/apply", {"accept_partial": True})
    assert refused.json()["code"] == "catalog.import.unchecked" and refused.status_code == 409
    held = office.officer.get(path + "/cells").json()
    assert (held["total"], held["unchecked"]) == (1, 1)
    assert office.officer.post(path + "/check").status_code == 202
    office.work()
    (left,) = office.officer.get(path + "/findings").json()["items"]
    assert left["code"] == "department_foreign" and left["corrected"] is None
    place = {key: cell[key] for key in ("sheet", "row_no", "column")}
    assert office.officer.send("DELETE", path + "/cells", params=place).status_code == 204
    office.officer.send("PUT", path + "/cells", json=cell)
    assert office.officer.post(path + "/check").status_code == 202
    office.work()
    assert office.officer.post(path + "/apply", {"accept_partial": True}).status_code == 202
    office.work()
    assert office.officer.get(path).json()["state"] == "applied"
    for download in (path + "/marked", "/catalog/template", "/catalog/export"):
        got = office.officer.get(download)
        assert (
            got.status_code == 200 and got.content[:2] == b"PK" and "attachment" in got.headers["content-disposition"]
        )
    assert office.officer.post(path + "/undo").json() == {"removed": 1, "restored": 0, "left": []}
    hostile = office.officer.send("POST", "/catalog/imports", files={"file": ("a.xlsx", b"no")}, data={"profile": "x"})
    assert hostile.json()["code"] == "catalog.import.profile_unknown"
