"""Exports, changes, clashes and proposals over HTTP, with the jobs behind them."""

from io import BytesIO
from pathlib import Path

from catalog.imports import reader
from tests.catalog import books
from tests.catalog.test_http import Office, office  # noqa: F401


def test_exports_changes_and_clashes(office: Office, tmp_path: Path) -> None:  # noqa: F811
    office.created()
    asked = office.officer.post("/catalog/exports", {"format": "xlsx", "template": True})
    assert asked.status_code == 202 and asked.json()["state"] == "queued"
    path = f"/catalog/exports/{asked.json()['id']}"
    assert office.officer.get(path + "/file").json()["code"] == "catalog.export.not_made"
    office.work()
    made = office.officer.get(path).json()
    assert made["state"] == "made" and made["rows"] >= 1 and made["held_back"] == 0 and made["sm3"]
    got = office.officer.get(path + "/file")
    assert got.status_code == 200 and len(got.content) == made["size"]
    assert "attachment" in got.headers["content-disposition"]
    assert office.stranger.get(path).status_code == 404
    assert [one["id"] for one in office.officer.get("/catalog/exports").json()["items"]] == [made["id"]]
    book = tmp_path / "x.xlsx"
    book.write_bytes(got.content)
    sheets = {sheet.name: [[str(cell or "") for cell in row] for row in sheet.rows] for sheet in reader.read(book)}
    head = sheets["数据目录"][0]
    sheets["数据目录"][2][head.index("摘要")] = "工作簿中的摘要"
    files = {"file": ("back.xlsx", BytesIO(books.book(sheets)).getvalue())}
    sent = office.officer.send("POST", "/catalog/imports", files=files, data={"profile": "four-level"}).json()
    office.work()
    batch = f"/catalog/imports/{sent['id']}"
    assert office.officer.get(batch).json()["counts"]["merged"] is True
    (row,) = office.officer.get(batch + "/changes", params={"action": "update"}).json()["items"]
    assert [(cell["label"], cell["new"]) for cell in row["cells"]] == [("摘要", "工作簿中的摘要")]
    assert office.officer.get(batch + "/clashes").json()["total"] == 0
    none = office.officer.post(batch + "/clashes/1", {"choice": "mine"})
    assert none.json()["code"] == "catalog.import.clash_unknown"
    assert office.officer.post(batch + "/clashes", {"choice": "current"}).json() == {"decided": 0, "left": 0}
    assert office.stranger.get(batch + "/changes").status_code == 404


def test_proposals(office: Office) -> None:  # noqa: F811
    entry = {"name": "社区服务", "abstract": "包括姓名、电话、地址等属性字段。", "department_id": str(office.civil),
             "share_type": "unconditional", "open_type": "none"}
    assert office.officer.post("/catalog/entries", entry).status_code in (200, 201)
    asked = office.officer.post("/catalog/proposals/abstracts", {"department_id": str(office.civil)})
    assert asked.status_code == 202
    office.work()
    (one,) = office.officer.get("/catalog/proposals", params={"state": "open"}).json()["items"]
    assert [part["name"] for part in one["content"]] == ["姓名", "电话", "地址"]
    assert office.stranger.post(f"/catalog/proposals/{one['id']}/accept", {}).status_code == 404
    done = office.officer.post(f"/catalog/proposals/{one['id']}/accept", {"names": ["姓名"]}).json()
    assert done["state"] == "accepted"
    files = {"file": ("h.json", b'[{"name": "x", "columns": ["a", "b"]}]')}
    counts = office.officer.send("POST", "/catalog/proposals/headers", files=files).json()
    assert counts["new"] == 1
    (table,) = office.officer.get("/catalog/proposals", params={"kind": "table"}).json()["items"]
    assert office.officer.post(f"/catalog/proposals/{table['id']}/decline").json()["state"] == "declined"
    assert office.officer.post("/catalog/proposals/accept", {"ids": [table["id"]]}).json() == {"accepted": 0, "left": 1}
