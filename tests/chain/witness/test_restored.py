"""Database and chain restored apart, on the real embedded chain, with a witness that saw what was lost."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from chain.anchoring import queries, verify_proof
from chain.anchoring import service as anchoring
from chain.anchoring.models import AnchorBatch
from chain.witness import service
from chain.witness.program.service import Witness
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from tests.chain.anchoring.backups import anchored, put_back, resume, snapshot
from tests.chain.anchoring.conftest import append

ADMIN = system_actor("admin")


def cosign(runtime: Runtime, witness: Witness, stream: str) -> int:
    last = witness.store.last(stream)
    with runtime.database.read() as session:
        wanted = service.requests(session, stream=stream, after=last.size if last else None)
    answers = [witness.cosign(one.as_bytes()) for one in wanted]
    return runtime.database.run(lambda session: service.accept(session, answers))


def begin(runtime: Runtime, make_witness: Callable[..., Witness]) -> Witness:
    append(runtime.database, 0, 3)
    anchored(runtime)
    witness = make_witness(runtime)
    runtime.database.run(lambda session: service.register(session, ADMIN, name="区审计局", key=witness.key))
    assert cosign(runtime, witness, "catalog") == 1
    return witness


def states(runtime: Runtime) -> list[tuple[int, int, str]]:
    with runtime.database.read() as session:
        rows = session.scalars(select(AnchorBatch).order_by(AnchorBatch.epoch, AnchorBatch.seq, AnchorBatch.state))
        return [(row.epoch, row.leaves, row.state) for row in rows]


def all_hold(runtime: Runtime, *made: dict[str, bytes]) -> None:
    with runtime.database.read() as session:
        verifier = verify_proof.Verifier(verify_proof.Trust(anchoring.trust(session)))
    assert {verifier.verify(proof).status for proofs in made for proof in proofs.values()} == {"authenticated"}


def test_the_database_is_one_backup_older_than_the_chain(
    runtime: Runtime, tmp_path: Path, make_witness: Callable[..., Witness]
) -> None:
    witness = begin(runtime, make_witness)
    backup = snapshot(runtime, tmp_path / "backup")
    append(runtime.database, 3, 4)
    before = anchored(runtime)
    assert cosign(runtime, witness, "catalog") == 1
    put_back(runtime, backup, database=True, chain=False)
    append(runtime.database, 50, 2)
    after = anchored(runtime)
    assert states(runtime) == [(1, 3, "final"), (1, 4, "lost"), (2, 3, "final")]
    assert len(after) == 6 and "catalog-2-00000000.proof.json" in after
    all_hold(runtime, before, after)
    assert cosign(runtime, witness, "catalog/2") == 1 and witness.store.conflicts() == 0
    append(runtime.database, 60, 1)
    all_hold(runtime, anchored(runtime))
    assert cosign(runtime, witness, "catalog/2") == 1


def test_the_chain_is_one_backup_older_than_the_database(
    runtime: Runtime, tmp_path: Path, make_witness: Callable[..., Witness]
) -> None:
    witness = begin(runtime, make_witness)
    backup = snapshot(runtime, tmp_path / "backup")
    append(runtime.database, 3, 4)
    anchored(runtime)
    assert cosign(runtime, witness, "catalog") == 1
    put_back(runtime, backup, database=False, chain=True)
    append(runtime.database, 50, 2)
    anchored(runtime, halted="database_ahead")
    with runtime.database.read() as session:
        stream = queries.stream(session, "catalog")
        assert stream is not None and stream.state == "halted"
        address = stream.address
    resume(runtime, "catalog", address)
    after = anchored(runtime)
    assert states(runtime) == [(1, 3, "final"), (1, 4, "void"), (2, 7, "final")]
    assert len(after) == 10, "three of before, four that the chain forgot, two new, one for the epoch"
    all_hold(runtime, after)
    assert cosign(runtime, witness, "catalog") == 0, "what the chain forgot is asked for no more"
    assert cosign(runtime, witness, "catalog/2") == 1 and witness.store.conflicts() == 0
