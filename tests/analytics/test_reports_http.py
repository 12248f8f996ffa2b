"""Reports and the work calendar over real HTTP."""

import uuid
from typing import Any

import pytest

from analytics.reports import runner
from kernel import clock
from tests.analytics.test_reports_db import SYSTEM, department, entries


@pytest.fixture
def filled(live_server: Any) -> tuple[Any, uuid.UUID]:
    def fill(session: Any) -> uuid.UUID:
        unit = department(session, 1, "测试局<b>")
        entries(session, unit, 100, 4)
        return unit

    return live_server, live_server.runtime.database.run(fill)


def test_build_list_preview_trace_download(filled: tuple[Any, uuid.UUID]) -> None:
    live, unit = filled
    bureau = live.signed_in("bureau_admin")
    year, quarter = clock.quarter_of(clock.now())
    body = {"year": year, "quarter": quarter, "department_id": str(unit)}
    asked = bureau.post("/reports", body)
    assert asked.status_code == 202, asked.text
    run_id = asked.json()["id"]
    assert asked.json()["job_id"]
    early = bureau.get(f"/reports/{run_id}/preview")
    assert (early.status_code, early.json()["code"]) == (409, "analytics.run.not_done")
    runner.execute(live.runtime, SYSTEM, uuid.UUID(run_id), lambda *_: None)

    listed = bureau.get("/reports").json()
    assert [(item["id"], item["state"]) for item in listed["items"]] == [(run_id, "done")]
    shown = bureau.get(f"/reports/{run_id}").json()
    assert shown["anchor"] == "waiting"
    assert len(shown["artifacts"]) == 6

    preview = bureau.get(f"/reports/{run_id}/preview")
    assert preview.headers["content-security-policy"].startswith("default-src 'none'")
    assert "测试局&lt;b&gt;" in preview.text
    assert "<b>" not in preview.text

    key = f"quality.required_rate|{unit}|"
    trace = bureau.get(f"/reports/{run_id}/trace", params={"key": key, "size": 3}).json()
    assert trace["total"] == trace["figure"]["rows"] == 5
    assert len(trace["items"]) == 3
    assert trace["rule"]["numerator"] == "已填必填项"
    figures = bureau.get(f"/reports/{run_id}/figures").json()["items"]
    assert key in {figure["key"] for figure in figures}

    file = bureau.get(f"/reports/{run_id}/artifacts/report.docx")
    assert file.content[:2] == b"PK"
    assert file.headers["content-disposition"].startswith("attachment")
    assert bureau.get(f"/reports/{run_id}/artifacts/..%2F..%2Fmulian.db").status_code == 404
    assert bureau.get(f"/reports/{run_id}/verification").status_code == 200
    folder = live.runtime.home.reports_dir / run_id
    (folder / "annex.xlsx").write_bytes(b"x")
    refused = bureau.get(f"/reports/{run_id}/verification")
    assert (refused.status_code, refused.json()["code"]) == (409, "analytics.verify.failed")
    assert bureau.get(f"/reports/{run_id}/artifacts/annex.xlsx").json()["code"] == "analytics.artifact.damaged"

    own = live.signed_in("data_officer", department_id=unit)
    assert own.get(f"/reports/{run_id}").status_code == 200
    assert own.post("/reports", body).status_code == 403
    foreign = live.runtime.database.run(lambda session: department(session, 2))
    stranger = live.signed_in("data_officer", department_id=foreign)
    assert stranger.get(f"/reports/{run_id}").status_code == 404
    assert stranger.get("/reports").json()["total"] == 0


def test_calendar_years_and_due_days(live_server: Any) -> None:
    bureau = live_server.signed_in("bureau_admin")
    years = bureau.get("/calendar/years").json()
    assert years["end"] == "2026-12-31"
    due = bureau.get("/calendar/due", params={"start": "2026-09-30", "workdays": 3}).json()
    assert due["due"] == "2026-10-10"
    beyond = bureau.get("/calendar/due", params={"start": "2026-12-30", "workdays": 3})
    assert (beyond.status_code, beyond.json()["code"]) == (409, "kernel.calendar.outside")
    body = {"source": "通知", "days": [{"day": "2027-01-01", "kind": "holiday", "name": "元旦"}]}
    put = bureau.send("PUT", "/calendar/years/2027", json=body)
    assert (put.status_code, put.headers["etag"]) == (200, '"1"'), put.text
    assert bureau.send("PUT", "/calendar/years/2027", json=body).status_code == 428
    again = bureau.send("PUT", "/calendar/years/2027", json=body, headers={"If-Match": '"1"'})
    assert again.headers["etag"] == '"2"'
    assert live_server.signed_in("data_officer").send("PUT", "/calendar/years/2028", json=body).status_code == 403
