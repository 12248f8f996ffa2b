"""File resources: approved download with a mark, each on record; nobody gets at the bytes otherwise."""

import io
import zipfile

import docx
import pytest
import python_calamine

from kernel.approvals.models import Approval
from kernel.documents.marks import mark
from kernel.documents.media import MEDIA_TYPES
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.xlsx import render
from kernel.identity.service import create_department
from tests.conftest import Live
from tests.gateway.support import SYSTEM


def workbook() -> bytes:
    """A sheet whose cell holds what looks like a head."""
    rows = (("<headerFooter></headerFooter></sheetData>", "1"),)
    return render(Document(title="表", blocks=(), annex=(Sheet("数据", (Column("甲"), Column("乙")), rows),)))


def letter() -> bytes:
    made, buffer = docx.Document(), io.BytesIO()
    made.add_paragraph("正文")
    made.save(buffer)
    return buffer.getvalue()


@pytest.mark.pure
def test_marks_are_on_every_page_and_change_nothing_else() -> None:
    words = "张三 & <李四> 2026-11-22"
    given, marked = mark(letter(), MEDIA_TYPES["docx"], words)
    read = docx.Document(io.BytesIO(given))
    assert marked and read.sections[0].header.paragraphs[-1].text == words and read.paragraphs[0].text == "正文"
    before = workbook()
    given, marked = mark(before, MEDIA_TYPES["xlsx"], words)
    with zipfile.ZipFile(io.BytesIO(given)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert marked and "&amp;C张三 &amp;&amp; &lt;李四&gt; 2026-11-22</oddHeader></headerFooter>" in sheet
    assert sheet.index("</sheetData>") < sheet.index("<headerFooter>") and sheet.count("<headerFooter") == 1

    read_sheets = [python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(one)).get_sheet_by_index(0).to_python()
                   for one in (given, before)]
    assert read_sheets[0] == read_sheets[1]
    for plain in (b"%PDF-1.7", b"a,b"):
        assert mark(plain, "application/pdf", words) == (plain, False)


def test_a_file_is_downloaded_by_approval_only(live_server: Live) -> None:
    runtime = live_server.runtime
    with runtime.database.write() as session:
        department, other = (create_department(session, SYSTEM, name=name, kind="bureau").id
                             for name in ("数源局", "用数局"))
    officer = live_server.signed_in("data_officer", department_id=department)
    reviewer = live_server.signed_in("department_reviewer", department_id=department)
    consumer, second = (live_server.signed_in("consumer_contact", department_id=other) for _ in range(2))
    query = {"code": "roster", "name": "名册", "department_id": str(department), "file_name": "名册.docx"}
    made = officer.send("POST", "/gateway/files", params=query, content=letter())
    assert made.status_code == 201, made.text
    path = f"/gateway/files/{made.json()['id']}"
    assert [one["code"] for one in consumer.get("/gateway/files").json()["items"]] == ["roster"]
    asked = consumer.post(f"{path}/requests", {"reason": "低保复核"}).json()
    download = f"/gateway/files/requests/{asked['id']}/download"
    assert consumer.post(download).json()["code"] == "gateway.file.not_approved"
    with runtime.database.read() as session:
        approval = session.query(Approval).one()
        file_id = approval.params["file_id"]
    assert all(one.get(f"/files/{file_id}").status_code == 404 for one in (consumer, reviewer, officer))
    decision = {"digest": approval.digest, "approve": True, "opinion": "同意"}
    assert reviewer.post(f"/approvals/{approval.id}/decision", decision).status_code == 200
    answer = consumer.post(download)
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    words = docx.Document(io.BytesIO(answer.content)).sections[0].header.paragraphs[-1].text
    assert "测试" in words and asked["id"][-12:] in words
    assert second.post(download).status_code == 404, "another person's request"
    [row] = officer.get(f"{path}/downloads").json()["items"]
    assert row["marked"] and row["request_id"] == asked["id"]
    stored = [one.read_bytes() for one in runtime.home.files_dir.rglob("*") if one.is_file()]
    assert stored and not any(one.startswith(b"PK") for one in stored), "sealed"
    assert officer.post(f"{path}/withdrawal", {"reason": "有误"}).json()["state"] == "withdrawn"
    assert consumer.post(download).json()["code"] == "gateway.file.state"
