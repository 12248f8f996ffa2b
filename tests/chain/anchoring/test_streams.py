"""The stream of keys: certificates that come as events are anchored and proven offline like any record."""

import json
import uuid
from typing import Any

from sqlalchemy import select

from chain.anchoring import service, verify_proof
from chain.anchoring.models import AnchorLeaf
from crypto.events import KekDestroyed, RotationFinished
from kernel import canonical
from kernel.db import Database
from kernel.events import publish
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush
from tests.chain.anchoring.test_edge import department

CERTIFICATE: dict[str, Any] = {"format": "mulian-rotation-certificate-1", "scope": "person.id_number", "rows": 12}


def test_certificates_of_keys(sqlite_database: Database, ledger: FakeChain) -> None:
    unit, rotation, kek = sqlite_database.run(department), uuid.uuid4(), uuid.uuid4()
    sqlite_database.run(lambda session: publish(session, RotationFinished(
        rotation_id=rotation, department_id=unit, scope="person.id_number", old_key_id=1, new_key_id=2, rows=12,
        certificate=CERTIFICATE,
    )))
    sqlite_database.run(lambda session: publish(session, KekDestroyed(kek, unit, {"format": "x", "kek": str(kek)})))
    assert not flush(sqlite_database, ledger).errors
    with sqlite_database.read() as session:
        verifier = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
        leaves = session.scalars(select(AnchorLeaf).where(AnchorLeaf.stream == "keys")).all()
        assert {(leaf.object_type, leaf.object_id) for leaf in leaves} == {
            ("crypto_rotation", str(rotation)), ("crypto_kek", str(kek)),
        }
        for leaf in leaves:
            data = service.proof_for(session, leaf.id)
            result = verifier.verify(data)
            assert (result.status, result.facts["stream"], result.facts["size"]) == ("authenticated", "keys", 2)
            whole = json.loads(data)
            assert whole["record"] in (CERTIFICATE, {"format": "x", "kek": str(kek)})
            forged = whole | {"record": whole["record"] | {"rows": 13}}
            assert verifier.verify(canonical.dumps(forged) + b"\n").exit_code == 1
