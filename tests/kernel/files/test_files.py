"""Attachments: the bytes decide the type, the owner decides the rights, damage is noticed."""

import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.errors import MulianError, define
from kernel.files import rules, service
from kernel.files.models import Attachment
from kernel.files.registry import Verb, attachable
from kernel.identity.actor import Actor, system_actor

SYSTEM = system_actor("test")
REFUSED = define("test.files.refused", 403, zh="无权", en="no right")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def _rights(session: Session, actor: Actor, object_id: str, verb: Verb) -> uuid.UUID | None:
    if not actor.may(f"test.{verb}"):
        raise REFUSED()
    return None


attachable("test.letter", _rights)
attachable("test.secret", _rights, sensitive=True)


def _zip(*names: str, size: int = 3) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"x" * size)
    return buffer.getvalue()


DOCX, XLSX = _zip("[Content_Types].xml", "word/document.xml"), _zip("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(("name", "data", "expected"), [
    ("申请函.pdf", PDF, "application/pdf"), ("章.PNG", b"\x89PNG\r\n\x1a\n1", "image/png"),
    ("照片.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"), ("a.docx", DOCX, "wordprocessingml"),
    ("a.xlsx", XLSX, "spreadsheetml"),
    ("表.csv", "名称,编号\n甲,1\n".encode("gb18030"), "text/csv"), ("说明.txt", "\ufeff正文".encode(), "text/plain"),
])
def test_allowed_types(name: str, data: bytes, expected: str) -> None:
    found = rules.sniff(name, data)
    assert found is not None
    assert expected in found


@pytest.mark.parametrize(("name", "data"), [
    ("a.pdf", b"MZ\x90\x00"), ("a.pdf", b"<html>%PDF-</html>"), ("a.exe", b"MZ\x90"), ("a.html", b"<html>"),
    ("a.svg", b"<svg onload=alert(1)>"), ("a.txt", b"<html><script>"), ("a.txt", b"  <!DOCTYPE html>"),
    ("a.csv", b"a\x00b"),
    ("a.txt", b"#!/bin/sh\n"), ("a.docx", XLSX), ("a.xlsx", DOCX), ("a.docx", b"PK\x03\x04broken"), ("a.docx", PDF),
    ("a.docx", _zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")), ("a.zip", _zip("x")),
    ("a.png", PDF),
    ("noext", PDF), ("a.pdf.exe", PDF),
])
def test_refused_types(name: str, data: bytes) -> None:
    assert rules.sniff(name, data) is None


def test_a_bomb_is_refused_by_what_it_says_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_ZIP_TOTAL", 2**20)
    for size, allowed in ((2**19, True), (2**19 + 1, False)):
        data = _zip("[Content_Types].xml", "xl/workbook.xml", size=size)
        assert (rules.sniff("a.xlsx", data) is not None) is allowed


@pytest.mark.parametrize(("name", "expected"), [
    ("../../etc/passwd.txt", "passwd.txt"), ("C:\\a\\函.pdf", "函.pdf"), ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
    ("\x00x.txt", "x.txt"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), (".pdf", None), ("name", None), ("", None),
])
def test_names(name: str, expected: str | None) -> None:
    assert rules.clean_name(name) == expected


def _attach(database: Database, object_type: str = "test.letter", data: bytes = PDF, name: str = "函.pdf") -> uuid.UUID:
    return database.run(lambda session: service.attach(
        session, SYSTEM, object_type=object_type, object_id="1", name=name, data=data
    ).id)


def _stored(database: Database, file_id: uuid.UUID) -> Path:
    assert database.runtime is not None
    (path,) = database.runtime.home.files_dir.rglob(file_id.hex)
    return path


def _open(database: Database, file_id: uuid.UUID, actor: Actor = SYSTEM) -> tuple[Attachment, bytes]:
    with database.read() as session:
        return service.open_file(session, actor, file_id=file_id)


def test_store_read_remove(database: Database, make_actor: Callable[..., Actor]) -> None:
    plain, secret = _attach(database), _attach(database, "test.secret")
    for file_id in (plain, secret):
        row, data = _open(database, file_id)
        assert data == PDF
        assert row.digest.startswith("sm3:1:")
    assert _stored(database, plain).read_bytes() == PDF
    assert _stored(database, plain).stat().st_mode & 0o777 == 0o600
    sealed = _stored(database, secret).read_bytes()
    assert b"PDF" not in sealed, "sensitive files are encrypted at rest"
    with database.read() as session:
        listed = service.attachments_of(session, SYSTEM, object_type="test.letter", object_id="1")
        assert [row.id for row in listed] == [plain]
    reader = make_actor("test.read")
    assert _open(database, plain, reader)[1] == PDF
    for call in (
        lambda s: service.remove(s, reader, file_id=plain),
        lambda s: service.attach(s, reader, object_type="test.letter", object_id="1", name="a.pdf", data=PDF),
        lambda s: service.open_file(s, make_actor(), file_id=plain),
    ):
        with pytest.raises(MulianError, match="refused"):
            database.run(call)
    database.run(lambda session: service.remove(session, SYSTEM, file_id=plain))
    with pytest.raises(MulianError, match="not_found"):
        _open(database, plain)


@pytest.mark.parametrize("object_type", ["test.letter", "test.secret"])
def test_any_flipped_byte_is_noticed(database: Database, object_type: str) -> None:
    file_id = _attach(database, object_type)
    path = _stored(database, file_id)
    good = path.read_bytes()
    for at in range(0, len(good), 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        with pytest.raises(MulianError, match="damaged"):
            _open(database, file_id)
    path.unlink()
    with pytest.raises(MulianError, match="damaged"):
        _open(database, file_id)


def test_refusals(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data, code in (("a.pdf", b"", "empty"), ("a.pdf", b"MZ", "type_refused"), ("", PDF, "name_invalid")):
        with pytest.raises(MulianError, match=code):
            _attach(database, name=name, data=data)
    with pytest.raises(MulianError, match="owner_unknown"):
        _attach(database, "test.nothing")
    monkeypatch.setattr(rules, "MAX_BYTES", 10)
    with pytest.raises(MulianError, match="too_large"):
        _attach(database)


def test_rolled_back_attachment_has_no_row(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        service.attach(session, SYSTEM, object_type="test.letter", object_id="1", name="a.pdf", data=PDF)
        raise RuntimeError
    with database.read() as session:
        assert session.query(Attachment).count() == 0
