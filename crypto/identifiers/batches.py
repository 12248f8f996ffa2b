"""Use cases on files of values: taken once under a key, issued in chunks by a job, handed to who sent them.

Files lie sealed under ``files/identifiers/BATCH``: the input until the job ends, one part a chunk. A part is written
in the unit that issues its chunk, so whatever a kill leaves, a row that counts as done has its result.
"""

import contextlib
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from crypto.errors import IDENTIFIER_BATCH_GONE, IDENTIFIER_BATCH_KEY, IDENTIFIER_BATCH_STATE, SEALED_INVALID
from crypto.identifiers import files, queries, service
from crypto.identifiers.fields import ISSUE, READ
from crypto.identifiers.models import IdentifierBatch, IdentifierField
from crypto.identifiers.rules import Form
from crypto.identifiers.service import Field, Issued, Refused
from kernel import clock, ids
from kernel.audit.service import record
from kernel.db import Database
from kernel.errors import NOT_FOUND
from kernel.files_atomic import write_atomic
from kernel.identity.actor import Actor, require
from kernel.jobs import queries as jobs
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime, runtime_of

JOB = "crypto.identifier.issue"
CHUNK = 5_000
KEPT = timedelta(hours=24)
_PURPOSE = "identifier.batch"
REASONS = {
    "empty": "空值", "too_long": "过长", "control": "含控制字符", "identifier": "已是标识", "unfit": "不合此形式",
}
STATES = {"queued": "排队中", "running": "签发中", "done": "已完成", "failed": "已失败"}


def row(number: int, answer: Issued | Refused) -> tuple[str, str, str]:
    """Return a line of the file of identifiers: row number, identifier, what became of it."""
    if isinstance(answer, Refused):
        return str(number), "", REASONS[answer.reason]
    return str(number), answer.identifier, "新签发" if answer.created else "已有"


def submit(
    session: Session, actor: Actor, field: Field, *, form: Form, key: str, filename: str, data: bytes,
    column: str = "1", header: bool = True,
) -> IdentifierBatch:
    """Take a file and queue its job; the same file under the same key returns the batch that is there.

    Raises 403, 404, ``crypto.identifier.file_invalid``, ``batch_key``, ``field_unknown``, ``form_unfit``.
    """
    require(actor, ISSUE, department_id=field.department_id)
    target = queries.field(session, field.department_id, field.name)
    service.fitting(target, form)
    box = runtime_of(session).box
    digest = box.mac(_PURPOSE, f"{target.number} {form} {column} {header}\0".encode() + data)
    known = queries.batch_of_key(session, field.department_id, key)
    if known is not None:
        if known.digest != digest:
            raise IDENTIFIER_BATCH_KEY(key=key)
        return known
    files.check(filename, data)
    batch_id, now = ids.new(), clock.now()
    _write(runtime_of(session), batch_id, None, data)
    audit_id = record(
        session, actor, action="crypto.identifier.batch", object_type="identifier_batch", object_id=str(batch_id),
        detail={"field": target.name, "form": form, "bytes": len(data)}, department_id=field.department_id,
    )
    batch = IdentifierBatch(
        id=batch_id, department_id=field.department_id, field_number=target.number, form=form, key=key,
        filename=filename[-255:], digest=digest, state="queued", total=0, done=0, created=0, refused=0,
        owner_id=actor.user_id, owner_name=actor.name, created_at=now, expires_at=now + KEPT, job_id=None,
        audit_id=audit_id,
    )
    session.add(batch)
    session.flush([batch])
    params = {"batch_id": str(batch_id), "column": column, "header": header}
    batch.job_id = enqueue(session, actor, JOB, params, department_id=field.department_id).id
    session.flush([batch])
    return batch


def run(
    runtime: Runtime, batch_id: uuid.UUID, *, column: str, header: bool,
    observe: Callable[[int, int], None] = lambda done, total: None,
) -> IdentifierBatch:
    """Issue the rest of a batch, chunk by chunk; run again after a crash it goes on where it stood."""
    database = runtime.database
    with database.read() as session:
        batch = _of(session, batch_id)
        name = session.get_one(IdentifierField, batch.field_number).name
    if batch.state == "done":
        return batch
    values = files.values(batch.filename, _read(runtime, batch_id, None), column=column, header=header)
    _note(database, batch_id, total=len(values))
    field, form, done = Field(batch.department_id, name), Form(batch.form), batch.done
    chunk = partial(_chunk, batch_id=batch_id, field=field, form=form, values=values)
    while done < len(values):
        observe(done, len(values))
        done = database.run(chunk)
    observe(done, len(values))
    finished = _note(database, batch_id, state="done")
    _path(runtime, batch_id, None).unlink(missing_ok=True)
    return finished


def fail(runtime: Runtime, batch_id: uuid.UUID) -> None:
    """Mark a batch that will not run again, and delete its files; another key takes the file again."""
    _note(runtime.database, batch_id, state="failed")
    shutil.rmtree(_root(runtime) / batch_id.hex, ignore_errors=True)


def states(session: Session, rows: Collection[IdentifierBatch]) -> dict[uuid.UUID, str]:
    """Return the states of batches by id: one whose job ended without it has failed, before a sweep says so."""
    shown = {row.id: row.state for row in rows}
    waiting = {row.id: row.job_id for row in rows if row.state in ("queued", "running")}
    alive = jobs.unfinished(session, [job_id for job_id in waiting.values() if job_id])
    return shown | {id_: "failed" for id_, job_id in waiting.items() if job_id not in alive}


def result(session: Session, actor: Actor, batch_id: uuid.UUID, kind: str) -> tuple[str, bytes]:
    """Return name and bytes of the finished file ("csv" or "xlsx"), to who sent the values only.

    Raises 404, ``crypto.identifier.batch_state``, ``crypto.identifier.batch_gone``.
    """
    batch = get(session, actor, batch_id)
    if batch.owner_id != actor.user_id or (actor.user_id is None and actor.kind != "system"):
        raise NOT_FOUND()
    if clock.now() >= batch.expires_at:
        raise IDENTIFIER_BATCH_GONE()
    if batch.state != "done":
        raise IDENTIFIER_BATCH_STATE(state=STATES[states(session, [batch])[batch.id]])
    record(
        session, actor, action="crypto.identifier.download", object_type="identifier_batch", object_id=str(batch.id),
        detail={"rows": batch.done, "as": kind}, department_id=batch.department_id,
    )
    stem = batch.filename.rpartition(".")[0] or "标识"
    parts = _parts(runtime_of(session), batch)
    body = (
        files.csv_file(files.HEADS, parts) if kind == "csv" else files.xlsx_file(files.HEADS, parts, f"{stem} 标识")
    )
    return f"{stem}-标识.{kind}", body


def get(session: Session, actor: Actor, batch_id: uuid.UUID) -> IdentifierBatch:
    """Return a batch in the actor's reach; 404 otherwise."""
    batch = session.get(IdentifierBatch, batch_id)
    if batch is None or not actor.sees(batch.department_id) or not (actor.may(READ) or actor.may(ISSUE)):
        raise NOT_FOUND()
    return batch


def sweep(runtime: Runtime) -> int:
    """Fail batches whose jobs ended without them; delete files that expired, and those of batches never committed."""
    now, removed = clock.now(), 0
    with runtime.database.read() as session:
        live = queries.batches_kept(session, now)
        unfinished = queries.batches_unfinished(session)
        ended = [id_ for id_, state in states(session, unfinished).items() if state == "failed"]
    for id_ in ended:
        fail(runtime, id_)
    for folder in _root(runtime).glob("*"):
        with contextlib.suppress(ValueError, OSError):
            old = now.timestamp() - folder.stat().st_mtime > 3600  # a submit may still be on its way to its commit
            if uuid.UUID(hex=folder.name) not in live and old:
                shutil.rmtree(folder)
                removed += 1
    return removed


def _chunk(session: Session, batch_id: uuid.UUID, field: Field, form: Form, values: Sequence[str]) -> int:
    """Issue the next chunk, wherever the batch stands by now; return how many rows are done."""
    batch = _of(session, batch_id)
    done = batch.done
    answers = service.issue(session, field, values[done:done + CHUNK], form)
    rows = [row(number, answer) for number, answer in enumerate(answers, done + 1)]
    batch.created += sum(isinstance(answer, Issued) and answer.created for answer in answers)
    batch.refused += sum(isinstance(answer, Refused) for answer in answers)
    batch.done = done + len(answers)
    # a worker that lost its job fails here, before it touches a part that another one has committed
    session.flush([batch])
    if answers:
        _write(runtime_of(session), batch_id, done // CHUNK, files.csv_text(rows).encode())
    return batch.done


def _note(
    database: Database, batch_id: uuid.UUID, *, total: int | None = None, state: str = "running",
) -> IdentifierBatch:
    def unit(session: Session) -> IdentifierBatch:
        batch = _of(session, batch_id)
        batch.state = state
        if total is not None:
            batch.total = total
        return batch

    return database.run(unit)


def _of(session: Session, batch_id: uuid.UUID) -> IdentifierBatch:
    return session.get_one(IdentifierBatch, batch_id, populate_existing=True)


def _parts(runtime: Runtime, batch: IdentifierBatch) -> Iterator[str]:
    for number in range(-(-batch.total // CHUNK)):
        yield _read(runtime, batch.id, number).decode()


def _root(runtime: Runtime) -> Path:
    return runtime.home.files_dir / "identifiers"


def _path(runtime: Runtime, batch_id: uuid.UUID, part: int | None) -> Path:
    return _root(runtime) / batch_id.hex / ("input" if part is None else f"{part:06d}")


def _head(batch_id: uuid.UUID, part: int | None) -> bytes:
    return batch_id.bytes + (0 if part is None else part + 1).to_bytes(4)


def _write(runtime: Runtime, batch_id: uuid.UUID, part: int | None, data: bytes) -> None:
    path = _path(runtime, batch_id, part)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path, runtime.box.seal(_PURPOSE, _head(batch_id, part) + data), 0o600)


def _read(runtime: Runtime, batch_id: uuid.UUID, part: int | None) -> bytes:
    """Open a file of a batch; one that was exchanged for another's opens, and is refused by its head."""
    try:
        data = runtime.box.open(_PURPOSE, _path(runtime, batch_id, part).read_bytes())
    except OSError as error:
        raise IDENTIFIER_BATCH_GONE() from error
    if data[:20] != _head(batch_id, part):
        raise SEALED_INVALID()
    return data[20:]
