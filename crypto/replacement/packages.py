"""The offline package: where this program may not connect, the department's DBA runs one file and a sealed job.

What crosses: a job file and a code (two ways), the different values (sealed by the code), their identifiers (likewise),
and, after an undo that two persons agreed to, the keys of the undo files. A key of an undo file was made there and
wrapped for the public key of the job, so that neither the DBA nor one person here opens it alone.
"""

import os
import re
import secrets
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crypto.identifiers import service as identifiers
from crypto.identifiers.codec import ALPHABET
from crypto.identifiers.rules import Form
from crypto.replacement import keeping, queries, rules, service
from crypto.replacement.errors import PACKAGE_INVALID, STATE
from crypto.replacement.models import OBJECT, CryptoReplacement
from crypto.replacement.offline import sealing
from crypto.replacement.rules import TITLES, State
from crypto.replacement.targets import MANAGE
from crypto.sm import sm2
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.files_atomic import sync_folder, write_atomic
from kernel.home import Home
from kernel.identity.actor import Actor, require

_CODE = 26  # characters of 5 bits
_OWN = re.compile(r"from crypto\.replacement\.offline\.\w+ import (?:\([^)]*\)|[^\n(]*)\n")
PART = ".part"  # answers that are being written
_PACKED = (State.PACKAGED, State.ANSWERED, State.RELEASED)


def create(
    session: Session, actor: Actor, *, department_id: uuid.UUID, title: str, columns: Sequence[Mapping[str, str]],
    forms: Mapping[str, str],
) -> CryptoReplacement:
    """Make a job without a database of ours: columns name their key (and ``key_type``).

    Raises 403, 404 and what ``service.create`` raises for columns and forms.
    """
    require(actor, MANAGE, department_id=department_id)
    return service.new_row(session, actor, department_id=department_id, title=title, columns=columns, forms=forms)


def seal(session: Session, row: CryptoReplacement) -> None:
    """Make code and key pair of an approved offline job."""
    private, public = sm2.generate()
    code = "".join(secrets.choice(ALPHABET) for _ in range(_CODE))
    keeping.make(session, row.id, row.department_id, code=code, private=private.hex(), public=public.hex())
    row.state = State.PACKAGED


def code(session: Session, actor: Actor, *, replacement_id: uuid.UUID) -> str:
    """Return the package code, in groups; every showing is in the audit trail."""
    row = _packed(session, actor, replacement_id)
    _note(session, actor, row, "code")
    text = str(keeping.read(session, row.id, row.department_id)["code"])
    return "-".join(text[at:at + 5] for at in range(0, len(text), 5))


def job_file(session: Session, actor: Actor, *, replacement_id: uuid.UUID) -> bytes:
    """Return the sealed job file."""
    row = _packed(session, actor, replacement_id)
    kept = keeping.read(session, row.id, row.department_id)
    columns = sorted(row.columns, key=lambda one: one["key"] == one["column"])  # what renames rows comes last
    content = {"version": 1, "columns": columns, "public": kept["public"]}
    _note(session, actor, row, "package")
    return _written(row, sealing.JOB, kept["code"], [content])


def tool() -> bytes:
    """Return the one file that the DBA runs: its parts, joined."""
    folder = resources.files("crypto.replacement.offline")
    work, *parts = (folder.joinpath(name).read_text("utf-8") for name in ("work.py", "sealing.py", "database.py"))
    head, tail = _OWN.split(work, 1)
    inner = "".join(part.split("from __future__ import annotations\n", 1)[1] for part in parts)
    return (head + _OWN.sub("", inner).lstrip("\n") + _OWN.sub("", tail)).encode()


def answer(database: Any, home: Home, row: CryptoReplacement, values: Path, progress: Any) -> dict[str, int]:
    """Issue identifiers for the values of a sealed file and write the sealed answers.

    A value that gets none has null. Issuing is idempotent: the whole may be done again, and until it is done the
    answers to an earlier file stay. Raises ``crypto.package.invalid``, ``crypto.replacement.state``,
    ``kernel.home.locked``.
    """
    with database.read() as session:
        answerable(queries.get(session, row.id))
        secret = sealing.code_secret(keeping.read(session, row.id, row.department_id)["code"])
        known = {column.field: column for column in service.columns_of(session, row)}
    target, counts = answers_path(home, row.id), {"values": 0, "identifiers": 0}
    aside = target.with_suffix(PART)
    with home.lock(f"replacement-{row.id.hex}"):
        aside.unlink(missing_ok=True)
        try:
            _answer(database, row, sealing.Sealed(values, sealing.VALUES, row.id.bytes, secret),
                    sealing.Sealed.begin(aside, sealing.ANSWERS, row.id.bytes, secret), known, counts, progress)
        except (sealing.Stop, KeyError, ValueError, TypeError) as error:
            reason = str(error) if isinstance(error, sealing.Stop) else type(error).__name__
            raise PACKAGE_INVALID(reason=reason) from None
        os.replace(aside, target)
        sync_folder(target.parent)
    return counts


def answerable(row: CryptoReplacement) -> None:
    """Raise ``crypto.replacement.state`` for a job that takes no values: not packed yet, or its undo key is out."""
    if row.target_id is not None or row.state not in (State.PACKAGED, State.ANSWERED):
        raise STATE(state=TITLES[State(row.state)][0])


def release(session: Session, actor: Actor, *, replacement_id: uuid.UUID, wrapped: Sequence[str]) -> bytes:
    """Return the sealed keys of undo files, after two persons agreed; raise ``crypto.package.invalid``."""
    row = service.owned(session, actor, replacement_id)
    if row.target_id is not None or row.state != State.RELEASED:
        raise STATE(state=TITLES[State(row.state)][0])
    kept = keeping.read(session, row.id, row.department_id)
    try:
        keys = [sm2.decrypt(bytes.fromhex(kept["private"]), bytes.fromhex(one)).hex() for one in wrapped]
    except (MulianError, ValueError) as error:
        raise PACKAGE_INVALID(reason="undo-request.json") from error
    _note(session, actor, row, "release", files=len(keys))
    return _written(row, sealing.UNDO_KEY, kept["code"], [{"keys": keys}])


def values_path(home: Home, replacement_id: uuid.UUID) -> Path:
    """Return where the values of a job wait for their identifiers (sealed by the package code)."""
    return home.files_dir / "replacement" / f"{replacement_id}.values"


def answers_path(home: Home, replacement_id: uuid.UUID) -> Path:
    """Return where the answers wait to be fetched (sealed by the package code)."""
    return home.files_dir / "replacement" / f"{replacement_id}.answers"


def take(session: Session, actor: Actor, *, replacement_id: uuid.UUID, home: Home, data: bytes) -> CryptoReplacement:
    """Keep a values file and queue its answering; raise ``crypto.replacement.state`` while one is being answered."""
    row = _packed(session, actor, replacement_id)
    answerable(row)
    service.idle(session, row)
    if data[:5] != sealing.MAGIC + sealing.VALUES or data[5:21] != row.id.bytes:
        raise PACKAGE_INVALID(reason="values.mlv")
    path = values_path(home, row.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, data, 0o600)
    service.queue(session, actor, row, rules.ANSWER)
    return row


def answers(session: Session, actor: Actor, *, replacement_id: uuid.UUID, home: Home) -> bytes:
    """Return the sealed answers; raise ``crypto.replacement.state`` before they are there or once they are deleted."""
    row = _packed(session, actor, replacement_id)
    path = answers_path(home, row.id)
    if row.state != State.ANSWERED or not path.exists():
        raise STATE(state=TITLES[State(row.state)][0])
    _note(session, actor, row, "answers")
    return path.read_bytes()


def _answer(
    database: Any, row: CryptoReplacement, given: sealing.Sealed, out: sealing.Sealed,
    known: Mapping[str, rules.Column], counts: dict[str, int], progress: Any,
) -> None:
    for _, page in given.records():
        if "end" in page:
            out.append({"end": True})
            return
        out.append(_answered(database, row, known[page["field"]], page, counts))
        progress(counts["values"])
    raise sealing.Stop("values.mlv 不完整 / values.mlv is not whole")


def _answered(
    database: Any, row: CryptoReplacement, column: rules.Column, page: Mapping[str, Any], counts: dict[str, int],
) -> dict[str, Any]:
    field = identifiers.Field(row.department_id, column.field)
    issued = database.run(lambda s: identifiers.issue(s, field, page["values"], Form(column.form)))
    texts = [one.identifier if isinstance(one, identifiers.Issued) else None for one in issued]
    counts["values"] += len(texts)
    counts["identifiers"] += sum(text is not None for text in texts)
    return {"field": column.field, "identifiers": texts}


def _packed(session: Session, actor: Actor, replacement_id: uuid.UUID) -> CryptoReplacement:
    row = service.owned(session, actor, replacement_id)
    if row.target_id is not None or row.state not in _PACKED:
        raise STATE(state=TITLES[State(row.state)][0])
    return row


def _written(row: CryptoReplacement, kind: bytes, package_code: str, contents: Sequence[Any]) -> bytes:
    """The files are short; they are written by the same code that the DBA's tool reads them with."""
    with tempfile.TemporaryDirectory() as folder:
        file = sealing.Sealed.begin(Path(folder) / "f", kind, row.id.bytes, sealing.code_secret(package_code))
        for content in contents:
            file.append(content)
        return file.path.read_bytes()


def _note(session: Session, actor: Actor, row: CryptoReplacement, verb: str, **detail: Any) -> None:
    row.audit_id = record(
        session, actor, action=f"crypto.replacement.{verb}", object_type=OBJECT, object_id=str(row.id),
        detail=detail, department_id=row.department_id,
    )
    session.flush([row])
