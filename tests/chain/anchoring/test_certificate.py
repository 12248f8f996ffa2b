"""The printed certificate says what the proof says, and is refused where the proof does not hold."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chain.anchoring import certificate, service
from chain.witness import service as witnesses
from chain.witness.program import service as program
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush

ADMIN = system_actor("admin")


def test_certificates(
    sqlite_database: Database, ledger: FakeChain, tmp_path: Path, make_actor: Callable[..., Actor]
) -> None:
    database = sqlite_database
    append(database, 0, 3)
    flush(database, ledger)
    runtime = database.runtime
    assert runtime is not None
    witness = program.init(tmp_path / "w", name="区审计局", trust=service.trust(runtime))

    def of(kind: str, actor: Actor = ADMIN) -> bytes:
        with database.read() as session:
            return certificate.of_object(
                session, actor, object_type="data_entry", object_id="E1", version=1, kind=kind
            )

    assert "尚无见证方".encode() in of("html")
    database.run(lambda session: witnesses.register(session, ADMIN, name="区审计局", key=witness.key))
    database.run(lambda session: witnesses.set_quorum(session, ADMIN, quorum=1))
    with pytest.raises(MulianError, match="too_few_witnesses"):
        of("html")
    with database.read() as session:
        [request] = witnesses.requests(session, stream="catalog", after=None)
    answer = witness.cosign(request.as_bytes())
    database.run(lambda session: witnesses.accept(session, [answer]))

    page = of("html").decode()
    shown = re.sub(r"\s", "", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    with database.read() as session:
        trust, proof = service.trust(session), service.proof_of_object(
            session, ADMIN, object_type="data_entry", object_id="E1", version=1
        )
    facts = service.verify(trust, proof).facts
    for text in (service.fingerprint(trust), facts["root"], facts["block_hash"][2:], facts["sealer"], "区审计局", "E1"):
        assert text in shown, text
    assert of("pdf")[:5] == b"%PDF-" and of("pdf") == of("pdf")
    with pytest.raises(MulianError, match="denied"):
        of("pdf", make_actor())
    with database.read() as session, pytest.raises(MulianError, match="not_found"):
        certificate.of_object(session, ADMIN, object_type="data_entry", object_id="E9", version=1, kind="pdf")
