"""Registering witnesses, keeping cosignatures, and what proofs and the trust file then say; on both databases."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from chain.anchoring import service as anchoring
from chain.anchoring import verify_proof
from chain.anchoring.models import AnchorLeaf
from chain.anchoring.proofs import Maker
from chain.witness import queries, service, views
from chain.witness.models import AnchorWitness
from chain.witness.program.service import Witness
from crypto.sm import sm2
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor


@pytest.fixture
def officer(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor("chain.witness.manage")


def register(database: Database, actor: Actor, witness: Witness) -> AnchorWitness:
    return database.run(
        lambda session: service.register(session, actor, name=witness.known.name, key=witness.key)
    )


def sign(database: Database, witness: Witness, stream: str = "catalog") -> int:
    """What follow does, without HTTP: how many cosignatures were new."""
    last = witness.store.last(stream)
    with database.read() as session:
        wanted = service.requests(session, stream=stream, after=last.size if last else None)
    lines = b"".join(witness.cosign(request.as_bytes()).as_bytes() for request in wanted)
    return database.run(lambda session: service.accept(session, service.read_answers(lines)))


def proof(database: Database, number: int) -> bytes:
    with database.read() as session:
        leaf = session.scalar(select(AnchorLeaf).where(AnchorLeaf.object_id == f"E{number}"))
        assert leaf is not None
        return Maker(session).proof(leaf)


def check(database: Database, data: bytes) -> verify_proof.Result:
    assert database.runtime is not None
    return verify_proof.verify(data, anchoring.trust(database.runtime))


def test_proofs_say_who_witnessed(
    database: Database, grow: Callable[..., None], make_witness: Callable[..., Witness], officer: Actor
) -> None:
    grow(database, 5)
    assert database.runtime is not None
    one, two = (make_witness(database.runtime, name) for name in ("区审计局", "区档案馆"))
    for witness in (one, two):
        register(database, officer, witness)
    grow(database, 4)
    assert check(database, proof(database, 1)).facts["witnesses"] == []
    assert sign(database, one) == 1, "a new witness signs the newest checkpoint"
    assert check(database, proof(database, 1)).facts["witnesses"] == ["区审计局"], "it covers the older batch too"
    grow(database, 3)
    grow(database, 2)
    assert sign(database, one) == 2 and sign(database, two) == 1 and sign(database, one) == 0
    last = check(database, proof(database, 13))
    assert (last.status, sorted(last.facts["witnesses"])) == ("authenticated", ["区审计局", "区档案馆"])

    database.run(lambda session: service.set_quorum(session, officer, quorum=2))
    assert check(database, proof(database, 13)).exit_code == 0
    early = check(database, proof(database, 1))
    assert (early.exit_code, early.facts["size"]) == (0, 14), "the first batch that two have signed"
    whole = json.loads(proof(database, 13))
    from kernel import canonical

    del whole["witnesses"][0]
    fewer = check(database, canonical.dumps(whole) + b"\n")
    assert (fewer.exit_code, fewer.reasons) == (3, ("too_few_witnesses",))
    grow(database, 1)
    assert check(database, proof(database, 14)).reasons == ("too_few_witnesses",), "not signed yet"
    with database.read() as session:
        shown = views.witnesses(session)
        assert shown.quorum == 2 and {row.name: row.signed for row in shown.items} == {"区审计局": 3, "区档案馆": 1}
        actions = session.scalars(select(AuditLog.action).where(AuditLog.action.startswith("chain.witness"))).all()
    assert sorted(actions) == ["chain.witness.quorum", "chain.witness.register", "chain.witness.register"]


def test_only_a_registered_key_counts(
    database: Database, grow: Callable[..., None], make_witness: Callable[..., Witness], officer: Actor
) -> None:
    grow(database, 5)
    assert database.runtime is not None
    witness = make_witness(database.runtime)
    with pytest.raises(MulianError, match="not_found"):
        sign(database, witness)
    row = register(database, officer, witness)
    last = witness.store.last("catalog")
    assert last is not None
    answer = witness.again()[0]
    wrong = [
        answer.as_bytes().replace(b'"size":5', b'"size":4'), answer.as_bytes()[:-5] + b"\n", b"null\n",
        type(answer)(**(vars(answer) | {"signature": bytes(31) + b"\x01" + bytes(31) + b"\x01"})).as_bytes(),
        type(answer)(**(vars(answer) | {"time": "2026-11-21T03:04:05.000006Z"})).as_bytes(),
        type(answer)(**(vars(answer) | {"origin": "mulian:9:x:y"})).as_bytes(),
    ]
    for data in wrong:
        with pytest.raises(MulianError):
            database.run(lambda session, data=data: service.accept(session, service.read_answers(data)))
    with database.read() as session:
        assert queries.signed_sizes(session, row.id) == {}
    assert database.run(lambda session: service.accept(session, [answer])) == 1
    assert database.run(lambda session: service.accept(session, [answer, answer])) == 0
    trust = json.loads(anchoring.trust(database.runtime))
    assert trust["witnesses"] == [{"key": witness.key.hex(), "name": "区审计局"}]
    database.run(lambda session: service.end(session, officer, witness_id=row.id, revoke=False))
    assert check(database, proof(database, 1)).facts["witnesses"] == ["区审计局"], "what it signed still counts"
    with pytest.raises(MulianError, match="not_found"):
        database.run(lambda session: service.accept(session, [answer]))
    database.run(lambda session: service.end(session, officer, witness_id=row.id, revoke=True))
    assert json.loads(anchoring.trust(database.runtime))["witnesses"] == []
    assert check(database, proof(database, 1)).facts["witnesses"] == []


def test_rights_keys_and_quorum(
    sqlite_database: Database, grow: Callable[..., None], make_witness: Callable[..., Witness], officer: Actor,
    make_actor: Callable[..., Actor],
) -> None:
    database = sqlite_database
    with pytest.raises(MulianError, match="trust"):
        database.run(lambda session: service.set_quorum(session, officer, quorum=0))
    grow(database, 1)
    assert database.runtime is not None
    witness = make_witness(database.runtime)
    with pytest.raises(MulianError, match="denied"):
        register(database, make_actor(), witness)
    row = register(database, officer, witness)
    for name, key in (("别名", witness.key), ("区审计局", sm2.generate()[1]), ("x", b"\x04" + bytes(64))):
        with pytest.raises(MulianError, match="key"):
            database.run(lambda session, name=name, key=key: service.register(session, officer, name=name, key=key))
    with pytest.raises(MulianError, match="quorum"):
        database.run(lambda session: service.set_quorum(session, officer, quorum=2))
    database.run(lambda session: service.set_quorum(session, officer, quorum=1))
    with pytest.raises(MulianError, match="quorum"):
        database.run(lambda session: service.end(session, officer, witness_id=row.id, revoke=False))
    with pytest.raises(MulianError, match="not_found"):
        database.run(lambda session: service.end(session, officer, witness_id=row.audit_id, revoke=False))


def test_requests(
    sqlite_database: Database, grow: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = sqlite_database
    grow(database, 5)
    grow(database, 3, "reports")
    grow(database, 6)
    grow(database, 2)
    with database.read() as session:
        def sizes(stream: str, after: int | None) -> list[tuple[int, int]]:
            found = service.requests(session, stream=stream, after=after)
            return [(request.old, request.checkpoint.size) for request in found]

        assert sizes("catalog", None) == sizes("catalog", 0) == [(0, 13)]
        assert sizes("catalog", 5) == [(5, 11), (11, 13)] and sizes("catalog", 13) == []
        assert sizes("reports", None) == [(0, 3)] and sizes("keys", None) == [] and sizes("../x", 4) == []
        with pytest.raises(MulianError, match="unknown"):
            sizes("catalog", 7)
        monkeypatch.setattr(service, "ASKED", 1)
        assert sizes("catalog", 5) == [(5, 11)]
        assert [point.stream for point in queries.newest_checkpoints(session)] == ["catalog", "reports"]
