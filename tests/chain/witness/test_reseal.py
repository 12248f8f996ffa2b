"""History sealed again with the real keys: nobody but a witness notices.

The operator rolls database and chain back to one morning, changes a record, and goes on with the same sealer key, the
same signer account and the same checkpoint key: the real node seals, the real platform signs. Every proof of the
second history is as good as those of the first to whoever has only the keys.
"""

import json
from collections.abc import Callable
from pathlib import Path

from chain.anchoring import consistency, verify_proof
from chain.anchoring import service as anchoring
from chain.anchoring.models import AnchorLeaf
from chain.witness import service
from chain.witness.program.service import Witness
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from tests.chain.anchoring.backups import anchored, put_back, snapshot
from tests.chain.anchoring.conftest import append

ADMIN = system_actor("admin")


def cosign(runtime: Runtime, witness: Witness, *, after: int | None = None) -> int:
    with runtime.database.read() as session:
        wanted = service.requests(session, stream="catalog", after=after)
    answers = [witness.cosign(one.as_bytes()) for one in wanted]
    return runtime.database.run(lambda session: service.accept(session, answers))


def test_a_witness_notices_history_that_was_sealed_again(
    runtime: Runtime, tmp_path: Path, make_witness: Callable[..., Witness]
) -> None:
    append(runtime.database, 0, 3)
    anchored(runtime)
    snapshot(runtime, tmp_path / "morning")
    append(runtime.database, 3, 4)
    first = anchored(runtime)
    witness = make_witness(runtime)

    def enrol(runtime: Runtime) -> None:
        runtime.database.run(
            lambda session: service.register(session, ADMIN, name=witness.known.name, key=witness.key)
        )
        runtime.database.run(lambda session: service.set_quorum(session, ADMIN, quorum=1))

    enrol(runtime)
    assert cosign(runtime, witness) == 1
    trust = anchoring.trust(runtime)
    with runtime.database.read() as session:
        whole = consistency.file(session, stream="catalog", old=3, size=7)
        true = dict(anchoring.each_proof(session))
    verifier = verify_proof.Verifier(verify_proof.Trust(trust))
    assert verifier.verify(whole).status == "authenticated"
    assert {verifier.verify(proof).status for proof in true.values()} == {"authenticated"}

    put_back(runtime, tmp_path / "morning", database=True, chain=True)
    append(runtime.database, 100, 4)  # the same number of records, other contents
    second = anchored(runtime)
    keys_only = verify_proof.Trust(trust)
    keys_only.quorum = 0
    blind = verify_proof.Verifier(keys_only)
    assert {blind.verify(proof).status for proof in second.values()} == {"authenticated"}, "the keys are the real ones"
    forged, honest = (json.loads(made["catalog-00000005.proof.json"]) for made in (second, first))
    assert forged["checkpoint"]["size"] == honest["checkpoint"]["size"] == 7
    assert forged["checkpoint"]["root"] != honest["checkpoint"]["root"]
    assert forged["chain"]["sealer"] == honest["chain"]["sealer"]

    # who asks for one witness is not taken in, and who holds one proof of each history sees it at once
    assert verifier.verify(second["catalog-00000005.proof.json"]).reasons == ("too_few_witnesses",)
    assert blind.verify(first["catalog-00000005.proof.json"]).reasons == ("history_rewritten",)
    enrol(runtime)
    for after in (None, 3):
        try:
            cosign(runtime, witness, after=after)
            raise AssertionError("signed a rewritten history")
        except MulianError as error:
            assert error.code == "chain.witness.inconsistent"
    append(runtime.database, 200, 2)
    anchored(runtime)
    try:
        cosign(runtime, witness, after=7)
        raise AssertionError("signed what continues a rewritten history")
    except MulianError as error:
        assert error.code == "chain.witness.inconsistent"
    evidence = [json.loads(path.read_text()) for path in (witness.root / "conflicts").iterdir()]
    assert len(evidence) == 3
    case = next(one for one in evidence if one["refused"]["checkpoint"]["size"] == 7)
    assert case["known"]["root"] == honest["checkpoint"]["root"]
    assert case["refused"]["checkpoint"]["root"] == forged["checkpoint"]["root"]
    assert case["known"]["key"] == case["refused"]["checkpoint"]["key"], "both signed by the platform: it cannot deny"
    with runtime.database.read() as session:
        assert session.query(AnchorLeaf).filter_by(object_id="E5").count() == 0
