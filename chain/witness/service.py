"""Use cases of the platform's side: who is a witness, what it is asked to sign, and keeping what it signed."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries as anchors
from chain.anchoring import rules as anchoring
from chain.anchoring.errors import CHECKPOINT_UNKNOWN, TRUST_UNKNOWN
from chain.anchoring.models import AnchorCheckpoint
from chain.anchoring.queries import SqlTiles
from chain.anchoring.tree import Tree
from chain.witness import queries, rules
from chain.witness.errors import WITNESS_ANSWER, WITNESS_KEY, WITNESS_NOT_FOUND, WITNESS_QUORUM
from chain.witness.models import AnchorCosignature, AnchorWitness
from chain.witness.rules import Answer, Checkpoint, Request
from crypto.sm import sm2
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.identity.actor import Actor, require
from kernel.notices.service import notify

MANAGE = "chain.witness.manage"
ASKED = 100  # checkpoints asked for at once


def register(
    session: Session, actor: Actor, *, name: str, key: bytes, department_id: uuid.UUID | None = None,
    url: str | None = None,
) -> AnchorWitness:
    """Register a witness; its cosignatures count from now on, and the trust file names it.

    Raises ``chain.witness.key`` for a key that is no SM2 point, and for a key or name that is taken.
    """
    require(actor, MANAGE)
    try:
        sm2.verify(key, b"", bytes(31) + b"\x01" + bytes(31) + b"\x01")  # says whether the point is on the curve
    except MulianError as error:
        if error.code == "crypto.key.invalid":
            raise WITNESS_KEY(reason=error.code) from error
    taken = session.scalars(queries.witnesses()).all()
    if any(row.key == key or row.name == name for row in taken):
        raise WITNESS_KEY(reason="taken / 已登记")
    row = AnchorWitness(
        id=ids.new(), name=name, department_id=department_id, key=key, url=url or None, state="active",
        created_at=clock.now(),
    )
    row.audit_id = _audit(session, actor, "chain.witness.register", row, {"name": name, "key": key.hex(), "url": url})
    session.add(row)
    session.flush([row])
    return row


def end(session: Session, actor: Actor, *, witness_id: uuid.UUID, revoke: bool) -> AnchorWitness:
    """Ask a witness no more. ``revoke``: its key is no longer trusted, and what it signed no longer counts.

    Raises ``chain.witness.quorum`` where too few would be left.
    """
    require(actor, MANAGE)
    row = session.get(AnchorWitness, witness_id)
    if row is None:
        raise WITNESS_NOT_FOUND()
    row.state = "revoked" if revoke else "retired"
    session.flush([row])
    known = anchors.trust(session)
    if known is not None:
        _check_quorum(session, known.witness_quorum)
    row.audit_id = _audit(session, actor, f"chain.witness.{'revoke' if revoke else 'retire'}", row, {"name": row.name})
    return row


def set_quorum(session: Session, actor: Actor, *, quorum: int) -> int:
    """Say how many witnesses a proof must show to be authenticated; readers learn it with the next trust file."""
    require(actor, MANAGE)
    known = anchors.trust(session)
    if known is None:
        raise TRUST_UNKNOWN()
    _check_quorum(session, quorum)
    detail = {"from": known.witness_quorum, "to": quorum}
    record(session, actor, action="chain.witness.quorum", object_type="anchor_trust", object_id="1", detail=detail)
    known.witness_quorum, known.changed_at = quorum, clock.now()
    return quorum


def _check_quorum(session: Session, quorum: int) -> None:
    active = len(queries.active(session))
    if quorum > active:
        raise WITNESS_QUORUM(quorum=quorum, active=active)


def requests(session: Session, *, stream: str, after: int | None) -> list[Request]:
    """Return what to ask a witness that has seen ``after`` records of a stream: each request continues the one before.

    Without ``after`` (it has seen nothing): the newest checkpoint alone. An unknown stream gives nothing; a size that
    is none of ours raises ``chain.checkpoint.unknown``: the witness has seen what this database never had.
    """
    name = anchoring.stream_of(stream)
    if name is None:
        return []
    if not after:
        newest = [point for point in queries.newest_checkpoints(session) if point.stream == stream]
        return [Request(_point(point), 0, []) for point in newest]
    if not queries.ever_signed(session, stream, after):
        raise CHECKPOINT_UNKNOWN(stream=stream, size=after)
    found, old = [], after
    for point in queries.checkpoints_after(session, stream, after, ASKED):
        tree = Tree(SqlTiles(session, *name), point.size)
        found.append(Request(_point(point), old, tree.consistency(old)))
        old = point.size
    return found


def _point(row: AnchorCheckpoint) -> Checkpoint:
    return Checkpoint(row.origin, row.stream, row.size, row.root, clock.iso(row.time), row.key, row.signature)


def accept(session: Session, answers: list[Answer]) -> int:
    """Keep cosignatures and return how many were new; whoever brings them, only the signature counts.

    Raises ``chain.witness.not_found`` for a key that is not active, ``chain.checkpoint.unknown`` and
    ``chain.witness.answer_wrong``.
    """
    return sum(_accept(session, answer) for answer in answers)


def _accept(session: Session, answer: Answer) -> bool:
    witness = queries.witness_of_key(session, answer.key)
    if witness is None or witness.state != "active":
        raise WITNESS_NOT_FOUND()
    point = queries.checkpoint_at(session, answer.stream, answer.size)
    if point is None or point.origin != answer.origin:
        raise CHECKPOINT_UNKNOWN(stream=answer.stream, size=answer.size)
    body = anchoring.cosignature_bytes(
        point.origin, point.stream, point.size, point.root, clock.iso(point.time), answer.time
    )
    try:
        sm2.verify(answer.key, body, answer.signature)
    except MulianError as error:
        raise WITNESS_ANSWER(reason=error.code) from error
    if witness.problem_stream == answer.stream:
        witness.problem = witness.problem_stream = witness.problem_at = None
    if queries.has(session, point.batch_id, witness.id):
        return False
    session.add(
        AnchorCosignature(
            batch_id=point.batch_id, witness_id=witness.id, time=clock.parse(answer.time), signature=answer.signature,
            received_at=clock.now(),
        )
    )
    session.flush()
    return True


def note_problem(session: Session, *, witness_id: uuid.UUID, code: str, stream: str) -> None:
    """Remember why a witness did not sign; a refusal for its content is told to auditors, once."""
    row = session.get_one(AnchorWitness, witness_id)
    fresh = (row.problem, row.problem_stream) != (code, stream)
    row.problem, row.problem_stream = code, stream
    row.problem_at = clock.now() if fresh or row.problem_at is None else row.problem_at
    if fresh and code in ("chain.witness.inconsistent", "chain.checkpoint.unknown"):
        for role in ("auditor", "security_admin"):
            notify(
                session, role=role, severity="critical", url="/chain/witnesses",
                title_zh=f"见证方「{row.name}」拒绝为存证流 {stream} 签名：历史不一致",
                title_en=f"Witness {row.name} refuses stream {stream}: histories differ",
            )


def _audit(session: Session, actor: Actor, action: str, row: AnchorWitness, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, actor, action=action, object_type="anchor_witness", object_id=str(row.id), detail=detail,
        department_id=row.department_id,
    )


def read_answers(data: bytes) -> list[Answer]:
    """Parse answers, one canonical line each; raises ``chain.witness.answer_wrong``."""
    try:
        return [rules.read_answer(line + b"\n") for line in data.split(b"\n") if line]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WITNESS_ANSWER(reason=str(error)[:80]) from error
