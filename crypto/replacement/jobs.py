"""The jobs of replacement and their approval kinds, registered on import."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy.orm import Session

from crypto.identifiers.service import Field
from crypto.permissions import REPLACE_APPROVE
from crypto.replacement import checking, engine, journal, keeping, packages, queries, rules, service, targets
from crypto.replacement.errors import KEYS_ENFORCED, STATE, UNSUITED
from crypto.replacement.models import OBJECT, CryptoReplacement
from crypto.replacement.port import Facts, Source
from crypto.replacement.rules import ANSWER, CHECK, RUN, TITLES, UNDO, UNKNOWABLE, Column, State
from crypto.replacement.undo import UndoFile
from kernel import clock
from kernel.approvals.registry import approval_kind
from kernel.audit.service import record
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.runtime import Runtime

_KEEP_SECONDS = 24 * 3600
_PAGE = "/crypto/replacements/{id}"

approval_kind(RUN, checker_permission=REPLACE_APPROVE, on_approved=service.begin,
              zh="替换业务库敏感列", en="Replace columns of a department's database", page=_PAGE)
approval_kind(UNDO, checker_permission=REPLACE_APPROVE, on_approved=service.begin_undo,
              zh="撤销替换", en="Undo a replacement", page=_PAGE)


@job(CHECK, zh="替换任务影响评估", en="Assess a replacement", max_attempts=2)
def check(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Describe the columns, read them, rehearse a change that is rolled back, keep what was seen."""
    replacement_id = uuid.UUID(params["replacement_id"])
    with _opened(ctx.runtime, replacement_id) as (row, columns, facts, source):
        columns = service.choose_forms(columns, facts, row.forms)
        linked = any(one.linked for one in facts)
        done, total = 0, sum(one.rows for one in facts)

        def progress(rows: int) -> None:
            nonlocal done
            done += rows
            ctx.check_cancelled()
            ctx.progress(done, total, "影响评估")

        reports, listed = [], []
        enforced = _enforced(source, linked=linked)
        for number, (column, about) in enumerate(zip(columns, facts, strict=True)):
            readable = about.text and bool(about.key)
            field = Field(row.department_id, column.field)
            paired = list(zip(columns, facts, strict=True))
            seen = checking.look(ctx.database, source, field, number, paired, progress) if readable else checking.Seen()
            refusal = checking.rehearse(ctx.database, source, field, column, about, seen.fit) \
                if readable and not enforced and not rules.obstacles(column, about, columns) else ""
            report = checking.report(column, about, seen, refusal, columns)
            reports.append(checking.with_obstacle(report, enforced) if enforced and about.linked else report)
            listed += seen.listed
        checked = {
            "version": source.version(), "at": clock.iso(clock.now()), "columns": reports, "unknowable": UNKNOWABLE,
            "orphans": sum(source.orphans(column.slot, about) for column, about in zip(columns, facts, strict=True)),
        }
    forms = {column.field: column.form.value for column in columns}
    ctx.database.run(lambda session: _checked(session, ctx.actor, replacement_id, checked, forms, listed))
    return {"columns": len(reports)}


@job(RUN, zh="替换业务库敏感列", en="Replace columns", max_attempts=20)
def run_replacement(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry a replacement to the end; run again after a crash it goes on by its journal."""
    replacement_id = uuid.UUID(params["replacement_id"])
    with _work(ctx, replacement_id) as work:
        evidence = engine.run(work)
    ctx.database.run(lambda session: _ended(session, ctx.actor, replacement_id, State.DONE, evidence))
    return dict(evidence)


@job(UNDO, zh="撤销替换", en="Undo a replacement", max_attempts=20)
def undo_replacement(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Put every changed row back."""
    replacement_id = uuid.UUID(params["replacement_id"])
    with _work(ctx, replacement_id) as work:
        evidence = engine.undo(work)
    ctx.database.run(lambda session: _ended(session, ctx.actor, replacement_id, State.UNDONE, evidence))
    return dict(evidence)


@job(ANSWER, zh="为离线替换签发标识", en="Issue for an offline replacement", max_attempts=5)
def answer_package(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Write the answers of a values file, then delete that file."""
    replacement_id = uuid.UUID(params["replacement_id"])
    with ctx.database.read() as session:
        row = queries.get(session, replacement_id)

    def progress(done: int) -> None:
        ctx.check_cancelled()
        ctx.progress(done, 0, "签发标识")

    values = packages.values_path(ctx.runtime.home, row.id)
    counts = packages.answer(ctx.database, ctx.runtime.home, row, values, progress)
    answered(ctx.database, ctx.actor, replacement_id, counts)
    values.unlink(missing_ok=True)
    return dict(counts)


@job("crypto.replacement.prune", zh="清理替换任务的文件", en="Delete files of replacements")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete values and answers a day after they were written, and undo files whose key was forgotten."""
    gone, before = 0, clock.to_micros(clock.now()) / 1e6 - _KEEP_SECONDS
    for path in (ctx.runtime.home.files_dir / "replacement").glob("*"):
        passing = path.suffix in (".values", ".answers", packages.PART) and path.stat().st_mtime < before
        if passing or (path.suffix == ".undo" and _forgotten(ctx.database, path.stem)):
            path.unlink()
            gone += 1
    return {"files": gone}


def _forgotten(database: Database, name: str) -> bool:
    """Whether this is the undo file of a job whose key was forgotten; a file of no job of ours is left alone."""
    try:
        with database.read() as session:
            return "undo_copy" not in (queries.get(session, uuid.UUID(name)).evidence or {})
    except (ValueError, MulianError):
        return False


schedule("crypto.replacement.prune", every_seconds=3600)


def answered(database: Database, actor: Actor, replacement_id: uuid.UUID, counts: dict[str, int]) -> None:
    """Write that the answers of an offline job are there; raise ``crypto.replacement.state``."""
    def unit(session: Session) -> None:
        packages.answerable(queries.get(session, replacement_id))
        _ended(session, actor, replacement_id, State.ANSWERED, dict(counts))

    database.run(unit)


def here(runtime: Runtime, replacement_id: uuid.UUID, report: Callable[[int, int, str], None]) -> None:
    """Do what a job waits for in this process; raise ``crypto.replacement.state``, ``kernel.home.locked``."""
    class Shown(JobContext):
        """A context whose progress somebody watches."""

        def progress(self, done: int, total: int, message: str = "") -> None:
            report(done, total, message)

    with runtime.database.read() as session:
        row = queries.get(session, replacement_id)
    body = {State.DRAFT: check, State.CAPTURING: run_replacement, State.APPLYING: run_replacement,
            State.UNDOING: undo_replacement}.get(State(row.state))
    if body is None or row.target_id is None:
        raise STATE(state=TITLES[State(row.state)][0])
    actor = system_actor("crypto.replacement")
    context = Shown(runtime, lambda session: None, name="crypto.replacement", actor=actor)
    body(context, {"replacement_id": str(replacement_id)})


@contextlib.contextmanager
def _work(ctx: JobContext, replacement_id: uuid.UUID) -> Iterator[engine.Work]:
    def observe(done: int, total: int, state: State) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, TITLES[state][0])

    # two processes that write one undo file would spoil it; the lock goes with its process
    with (
        ctx.runtime.home.lock(f"replacement-{replacement_id.hex}"),
        _opened(ctx.runtime, replacement_id) as (row, columns, facts, source),
    ):
        _unchanged(row, columns, facts)
        with ctx.database.read() as session:
            secret = keeping.read(session, row.id, row.department_id)
            path = service.undo_path(session, row.id)
        file = UndoFile(path, bytes.fromhex(secret["undo"]), row.id)
        try:
            yield engine.Work(
                ctx.database, source, file, row.id, row.department_id, list(zip(columns, facts, strict=True)), observe,
            )
        finally:
            file.close()


@contextlib.contextmanager
def _opened(
    runtime: Runtime, replacement_id: uuid.UUID,
) -> Iterator[tuple[CryptoReplacement, list[Column], list[Facts], Source]]:
    """Yield a job with its columns in order of work, in which ranges and findings number them."""
    with runtime.database.read() as session:
        row = queries.get(session, replacement_id)
        columns = service.columns_of(session, row)
        target = queries.target(session, row.target_id or row.id)
    source = targets.connect(runtime, target)
    try:
        facts = [source.facts(column.slot, _of_table(column, columns)) for column in columns]
        at = rules.order([(column.slot, about) for column, about in zip(columns, facts, strict=True)])
        yield row, [columns[one] for one in at], [facts[one] for one in at], source
    finally:
        source.close()


def _of_table(column: Column, columns: list[Column]) -> set[str]:
    table = (column.slot.schema, column.slot.table)
    return {one.slot.column for one in columns if (one.slot.schema, one.slot.table) == table}


def _enforced(source: Source, *, linked: bool) -> MulianError | None:
    """Return why foreign keys cannot be suspended, None where they can."""
    try:
        source.prepare(linked=linked)
    except MulianError as error:
        if error.kind is not KEYS_ENFORCED:
            raise
        return error
    return None


def _unchanged(row: CryptoReplacement, columns: list[Column], facts: list[Facts]) -> None:
    """Refuse a database whose columns are no longer those that were assessed: rows would be named otherwise."""
    seen = {one["column"]: one["facts"] for one in (row.checked or {}).get("columns", [])}
    other = [
        str(column.slot) for column, about in zip(columns, facts, strict=True)
        if [seen.get(str(column.slot), {}).get(name) for name in ("key", "key_type", "type")]
        != [about.key, about.key_type, about.type]
    ]
    if other:
        raise UNSUITED(columns="、".join(other))


def _checked(
    session: Session, actor: Actor, replacement_id: uuid.UUID, checked: dict[str, Any], forms: dict[str, str],
    listed: list[journal.Listed],
) -> None:
    row = queries.get(session, replacement_id)
    if row.state not in (State.DRAFT, State.CHECKED):
        return
    row.checked, row.state, row.forms = checked, State.CHECKED, forms
    row.total, row.done = sum(one["facts"]["rows"] for one in checked["columns"]), 0
    journal.clear_findings(session, replacement_id)
    journal.findings(session, replacement_id, listed)
    session.flush([row])


def _ended(
    session: Session, actor: Actor, replacement_id: uuid.UUID, state: State, evidence: dict[str, object],
) -> None:
    row = queries.get(session, replacement_id)
    sums = queries.sums(session, replacement_id)
    row.evidence = (row.evidence or {}) | evidence | {
        "captured": sum(rows for rows, _ in sums.values()), f"{state.value}_at": clock.iso(clock.now()),
    }
    row.state, row.finished_at = state, clock.now()
    row.done = row.evidence["captured"]
    row.audit_id = record(
        session, actor, action=f"crypto.replacement.{state.value}", object_type=OBJECT,
        object_id=str(row.id), detail=dict(evidence), department_id=row.department_id,
    )
    session.flush([row])
