"""Quality, comments, favourites, usage and duplicates over real HTTP: what a department's people and others get."""

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from catalog.duplicates import service as duplicates
from catalog.quality import service as quality
from catalog.usage import buffer
from kernel import clock
from tests.catalog.test_http import Office, office

__all__ = ["office"]


@pytest.fixture
def entry(office: Office) -> str:
    """A draft of the civil department with two gaps; its id."""
    body = {"name": "婚姻登记信息", "share_type": "conditional", "open_type": "none", "items": [{"name": "姓名"}],
            "department_id": str(office.civil)}
    answer = office.officer.post("/catalog/entries", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["entry"]["id"])


def test_figures_lead_to_the_failing_cells_of_ones_own_department(office: Office, entry: str) -> None:
    quality.refresh(office.database)
    summary = office.officer.get("/catalog/quality/summary").json()
    by_key = {one["dimension"]: one["figure"] for one in summary["dimensions"]}
    assert set(by_key) == {"norm", "complete", "accurate", "consistent", "timely", "accessible"}
    assert by_key["timely"] == {"numerator": 0, "denominator": 0, "percent": None, "text": "—"}
    assert summary["row_quality"] == "—" and summary["city"]["text"] == "—"
    missing = by_key["complete"]["denominator"] - by_key["complete"]["numerator"]
    page = office.officer.get("/catalog/quality/failures?dimension=complete&size=200").json()
    assert page["total"] == missing > 3
    labels = {row["label"] for row in page["items"]}
    assert {"共享条件", "摘要", "更新周期", "数据类型"} <= labels
    assert {(row["node_kind"], row["node_id"]) for row in page["items"]} == {("data_entry", entry)}
    only = office.officer.get("/catalog/quality/failures?rule=complete.required").json()
    assert [row["field"] for row in only["items"]] == ["share_condition"] and only["items"][0]["fix_zh"]
    node = office.officer.get(f"/catalog/quality/nodes/data_entry/{entry}").json()
    assert len(node["failures"]) == office.officer.get("/catalog/quality/failures").json()["total"]
    assert office.stranger.get("/catalog/quality/summary").json()["dimensions"][1]["figure"]["denominator"] == 0
    assert office.stranger.get(f"/catalog/quality/summary?department_id={office.civil}").status_code == 404
    assert office.stranger.get(f"/catalog/quality/nodes/data_entry/{entry}").status_code == 404
    rows = office.bureau.get("/catalog/quality/departments").json()
    assert [(row["department"], row["nodes"]) for row in rows] == [("区民政局", 1)]


def test_the_workbook_holds_the_failing_cells_and_the_figures(office: Office, entry: str) -> None:
    quality.refresh(office.database)
    answer = office.officer.get("/catalog/quality/failures/export?dimension=complete")
    assert answer.headers["content-type"].endswith("sheet")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    cells = book.get_sheet_by_name("不合格单元").to_python()[2:]
    total = office.officer.get("/catalog/quality/failures?dimension=complete").json()["total"]
    assert len(cells) == total and {row[3] for row in cells} == {"婚姻登记信息"}
    figures = {row[1]: row[2:] for row in book.get_sheet_by_name("质量指标").to_python()[2:]}
    assert figures["发布必填项已填"] == [3, 4, "75.00%"]


def test_a_refresh_and_the_day_are_jobs(office: Office, entry: str) -> None:
    answer = office.officer.post("/catalog/quality/refresh", {})
    assert answer.status_code == 202, answer.text
    office.work()
    assert office.officer.get("/catalog/quality/summary").json()["computed_at"]
    assert office.officer.get("/catalog/quality/trend").json() == []
    today = clock.business_day(clock.now()).isoformat()
    office.database.run(lambda session: quality.keep_day(session, today))
    points = office.officer.get("/catalog/quality/trend").json()
    assert [point["day"] for point in points] == [today]
    assert points[0]["dimensions"] == office.officer.get("/catalog/quality/summary").json()["dimensions"]
    assert len(office.officer.get("/catalog/quality/rules").json()) > 25


def test_a_comment_is_edited_with_the_version_it_saw(office: Office, entry: str) -> None:
    path = f"/catalog/nodes/data_entry/{entry}/comments"
    made = office.officer.post(path, {"body": "待补依据"})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"' and made.json()["own"]
    comment = f"/catalog/comments/{made.json()['id']}"
    assert office.officer.send("PATCH", comment, json={"body": "x"}).status_code == 428
    good = office.officer.send("PATCH", comment, json={"body": "已补依据"}, headers={"If-Match": '"1"'})
    assert good.status_code == 200 and good.json()["edited_at"]
    assert office.officer.send("PATCH", comment, json={"body": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    reply = office.reviewer.post(path, {"body": "收到", "parent_id": made.json()["id"]})
    assert reply.status_code == 201
    page = office.reviewer.get(path).json()
    assert page["total"] == 1 and page["comments"] == 2
    assert [one["body"] for one in page["items"][0]["replies"]] == ["收到"] and not page["items"][0]["own"]
    assert office.stranger.get(path).status_code == 404
    assert office.officer.send("DELETE", comment).status_code == 204
    assert office.officer.get(path).json()["items"][0]["body"] == ""
    assert [row["body"] for row in office.officer.get(f"{comment}/history").json()] == ["待补依据", "已补依据"]


def test_favourites_subscriptions_and_usage(office: Office, entry: str) -> None:
    assert office.officer.send("PUT", f"/catalog/favourites/data_entry/{entry}").status_code == 204
    followed = office.officer.post("/catalog/subscriptions", {"target": "data_entry", "target_id": entry})
    assert followed.status_code == 201
    assert office.officer.get("/catalog/favourites").json()["items"][0]["node_id"] == entry
    assert office.stranger.get("/catalog/favourites").json()["total"] == 0
    for _ in range(3):
        assert office.officer.get(f"/catalog/entries/{entry}").status_code == 200
    buffer.flush_all()
    usage = office.officer.get(f"/catalog/entries/{entry}/usage?days=7").json()
    assert usage["totals"]["views"] == 3 and len(usage["points"]) == 7
    assert (usage["favourites"], usage["followers"], usage["demands"]) == (1, 1, 0)
    top = office.officer.get("/catalog/usage/top").json()
    assert [row["entry_id"] for row in top["items"]] == [entry]
    assert office.stranger.get("/catalog/usage/top").json()["total"] == 0
    kept = office.officer.get("/catalog/subscriptions").json()["items"]
    assert office.officer.send("DELETE", f"/catalog/subscriptions/{kept[0]['id']}").status_code == 204
    order = office.officer.send("PUT", "/catalog/favourites/order", json={"node_ids": [entry]})
    assert order.json()["items"][0]["position"] == 1
    assert office.officer.send("DELETE", f"/catalog/favourites/data_entry/{entry}").status_code == 204


def test_duplicates_before_review(office: Office, entry: str) -> None:
    body: dict[str, Any] = {"name": "婚姻登记信息", "share_type": "none", "no_share_basis": "x", "open_type": "none",
                            "items": [{"name": "姓名"}], "department_id": str(office.health), "authoritative": True}
    other = office.stranger.post("/catalog/entries", body).json()["entry"]["id"]
    assert duplicates.refresh(office.database) == 1
    assert office.officer.get(f"/catalog/entries/{entry}/duplicates").json() == []
    found = office.bureau.get(f"/catalog/entries/{entry}/duplicates").json()
    assert [one["entry_id"] for one in found] == [other] and found[0]["likeness"]["score"] == 1000
    page = office.bureau.get("/catalog/duplicates").json()
    assert page["total"] == 1 and {page["items"][0][side]["entry_id"] for side in ("left", "right")} == {entry, other}
    decided = office.bureau.send("PUT", f"/catalog/duplicates/{entry}/{other}", json={
        "verdict": "different", "reason": "口径不同",
    })
    assert decided.status_code == 204, decided.text
    assert office.bureau.get("/catalog/duplicates").json()["total"] == 0
    assert office.bureau.get("/catalog/source-conflicts").json()["total"] == 0
    assert office.officer.send("PUT", f"/catalog/duplicates/{entry}/{other}", json={
        "verdict": "same", "reason": "x",
    }).status_code == 403
    assert office.bureau.post("/catalog/duplicates/refresh", {}).status_code == 202
    office.work()
