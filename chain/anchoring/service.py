"""Use cases of anchoring: append a record, ask for its state, make its proof, publish the trust file.

Nothing here speaks to a node: leaves are written with their cause, batches go out in ``batching``, and proofs are
assembled from our own rows, so that reading works while the chain is down.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import proofs, queries, rules, signing, tree, verify_proof
from chain.anchoring.errors import ANCHOR_ALREADY, ANCHOR_NOT_FOUND, ANCHOR_STREAM_NAME, TRUST_UNKNOWN
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.witness import queries as witnesses
from kernel import canonical, clock, ids
from kernel.identity.actor import Actor, require
from kernel.runtime import Runtime, runtime_of

SLICE = 500  # versions asked for in one statement


@dataclass(frozen=True)
class NewLeaf:
    """A record to anchor; ``record`` has a canonical form and carries no secret and no clear personal value."""

    record: dict[str, Any]
    object_type: str
    object_id: str
    version: int
    department_id: uuid.UUID | None = None
    audit_id: uuid.UUID | None = None


@dataclass(frozen=True)
class AnchorState:
    """Where an object's version stands: waiting (no index yet), sent (in a batch on its way) or anchored."""

    state: str
    leaf_id: uuid.UUID
    stream: str
    index: int | None = None
    batch_seq: int | None = None
    tx_hash: str | None = None
    block_number: int | None = None
    block_time: datetime | None = None


def append_leaf(
    session: Session,
    *,
    stream: str,
    record: dict[str, Any],
    object_type: str,
    object_id: str,
    version: int,
    department_id: uuid.UUID | None = None,
    audit_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write the record as a leaf of ``stream`` in the caller's transaction and return the leaf's id.

    It is anchored within seconds after the commit, and never without it. A version already appended raises
    ``chain.anchor.already_appended``.
    """
    leaf = NewLeaf(record, object_type, object_id, version, department_id, audit_id)
    return append_leaves(session, stream=stream, leaves=[leaf])[0]


def append_leaves(session: Session, *, stream: str, leaves: Iterable[NewLeaf]) -> list[uuid.UUID]:
    """Append many records at once (one flush); see ``append_leaf``."""
    if not rules.valid_stream(stream):
        raise ANCHOR_STREAM_NAME(stream=stream)
    rows = [_row(stream, leaf) for leaf in leaves]
    keys: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        keys.setdefault(row.object_type, []).append((row.object_id, row.version))
    for object_type, versions in keys.items():
        _refuse_repeated(session, stream, object_type, versions)
    session.add_all(rows)
    session.flush(rows)
    return [row.id for row in rows]


def _refuse_repeated(session: Session, stream: str, object_type: str, versions: list[tuple[str, int]]) -> None:
    seen: set[tuple[str, int]] = set()
    for at in range(0, len(versions), SLICE):
        found = queries.leaves_of(session, object_type, versions[at : at + SLICE])
        seen.update((leaf.object_id, leaf.version) for leaf, _ in found if leaf.stream == stream)
    for key in versions:
        if key in seen:
            raise ANCHOR_ALREADY(object_type=object_type, object_id=key[0], version=key[1])
        seen.add(key)


def _row(stream: str, leaf: NewLeaf) -> AnchorLeaf:
    salt = secrets.token_bytes(rules.SALT_SIZE)
    record = json.loads(canonical.dumps(leaf.record))
    data = rules.leaf_bytes(record, leaf.object_type, leaf.object_id, leaf.version, salt)
    return AnchorLeaf(
        id=ids.new(), stream=stream, object_type=leaf.object_type, object_id=leaf.object_id, version=leaf.version,
        department_id=leaf.department_id, record=record, salt=salt, leaf_hash=tree.leaf_hash(data),
        audit_id=leaf.audit_id, created_at=clock.now(),
    )  # fmt: skip


def state_of(session: Session, object_type: str, object_id: str, version: int) -> AnchorState | None:
    """Return where an object's version stands; None when it was never appended."""
    return states_of(session, object_type, [(object_id, version)]).get((object_id, version))


def states_of(
    session: Session, object_type: str, versions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], AnchorState]:
    """Return the states of several (object id, version), without those never appended."""
    slices = [versions[at : at + SLICE] for at in range(0, len(versions), SLICE)]
    found = [row for part in slices for row in queries.leaves_of(session, object_type, part)]
    return {(leaf.object_id, leaf.version): _state(leaf, batch) for leaf, batch in found}


def _state(leaf: AnchorLeaf, batch: AnchorBatch | None) -> AnchorState:
    if batch is None:
        return AnchorState("waiting", leaf.id, leaf.stream)
    state = "anchored" if batch.state == "final" else "sent"
    name = rules.chain_name(leaf.stream, batch.epoch)
    return AnchorState(
        state, leaf.id, name, leaf.index, batch.seq, batch.tx_hash, batch.block_number, batch.block_time
    )


def proof_for(session: Session, leaf_id: uuid.UUID) -> bytes:
    """Return the proof file of a leaf: canonical JSON and a newline.

    Raises ``chain.anchor.not_found`` for an unknown leaf, ``chain.anchor.not_final`` while its batch is on its way.
    """
    leaf = session.get(AnchorLeaf, leaf_id)
    if leaf is None:
        raise ANCHOR_NOT_FOUND()
    return proofs.Maker(session).proof(leaf)


def state_for(
    session: Session, actor: Actor, *, object_type: str, object_id: str, version: int
) -> AnchorState | None:
    """Return where an object's version stands, for who may see its department."""
    leaf = queries.leaf_of(session, object_type, object_id, version)
    if leaf is None:
        return None
    require(actor, "chain.proof.read", department_id=leaf.department_id)
    return state_of(session, object_type, object_id, version)


def proof_of_object(session: Session, actor: Actor, *, object_type: str, object_id: str, version: int) -> bytes:
    """Return the proof file of an object's version, for who may see its department."""
    leaf = queries.leaf_of(session, object_type, object_id, version)
    if leaf is None:
        raise ANCHOR_NOT_FOUND()
    require(actor, "chain.proof.read", department_id=leaf.department_id)
    return proofs.Maker(session).proof(leaf)


def each_proof(session: Session, *, stream: str | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, proof file) of every anchored leaf, in the order of the tree."""
    maker = proofs.Maker(session)
    after: tuple[str, int, int] | None = None
    while page := queries.final_leaves(session, stream, after, 1000):
        for leaf in page:
            yield proofs.file_name(leaf), maker.proof(leaf)
        last = page[-1]
        after = (last.stream, last.epoch or 0, last.index or 0)
        session.expunge_all()


def export_proofs(session: Session, folder: Path, *, stream: str | None = None) -> int:
    """Write every proof as its own file below ``folder`` and return how many. They can be made again any time."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, data in each_proof(session, stream=stream):
        (folder / name).write_bytes(data)
        count += 1
    return count


def trust(source: Session | Runtime) -> bytes:
    """Return the trust file: canonical JSON and a newline. It must reach its readers apart from the proofs.

    Raises ``chain.trust.unknown`` before the first contact with the chain.
    """
    if isinstance(source, Runtime):
        with source.database.read() as session:
            return trust(session)
    known = queries.trust(source)
    if known is None:
        raise TRUST_UNKNOWN()
    keys = {signing.public_key(runtime_of(source)), *queries.checkpoint_keys(source)}
    fields = {
        "format": "mulian-trust-2",
        "chain_id": known.chain_id,
        "genesis_hash": known.genesis_hash,
        "registry": known.registry_address,
        "checkpoint_keys": sorted(key.hex() for key in keys),
        "sealers": known.sealers,
        "witnesses": [{"key": row.key.hex(), "name": row.name} for row in witnesses.counted(source)],
        "witness_quorum": known.witness_quorum,
    }
    return canonical.dumps(fields) + b"\n"


def fingerprint(trust_file: bytes) -> str:
    """Return what certificates print about a trust file: SM3 of its bytes, 64 hex digits."""
    return verify_proof.Trust(trust_file).fingerprint


def verify(trust_file: bytes, proof: bytes) -> verify_proof.Result:
    """Check a proof file's bytes against a trust file's bytes; bad input is a result, not an error."""
    return verify_proof.verify(proof, trust_file)
