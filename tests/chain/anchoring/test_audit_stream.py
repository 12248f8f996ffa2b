"""The audit stream: heads and single lines proven offline; a trail rewritten after a head was anchored is noticed."""

import json
import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chain.anchoring import audit_feed, verify_proof
from chain.anchoring import service as anchoring
from kernel import canonical
from kernel.audit.models import AuditLog
from kernel.audit.sealing import Sealer
from kernel.audit.service import record
from kernel.audit.verify import verify
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.leases import service as leases
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush

AUDITOR = system_actor("auditor")


def lines(database: Database, count: int) -> None:
    """Write and seal so many lines."""
    def unit(session: Session) -> None:
        for number in range(count):
            record(session, AUDITOR, action="test.line", object_type="thing", object_id=str(number),
                   detail={"甲": number})

    database.run(unit)
    held = database.run(lambda session: leases.acquire(session, "seal", "me", 60))
    assert held is not None and database.runtime is not None
    Sealer(database.runtime, lambda: held).round()
    database.run(lambda session: leases.release(session, held))


def test_lines_are_proven_and_rewriting_is_noticed(
    database: Database, ledger: FakeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = database.runtime
    assert runtime is not None
    monkeypatch.setattr(audit_feed, "LINES", 7)
    lines(database, 10)
    assert audit_feed.feed(runtime) == 2, "seven lines, then three"
    lines(database, 5)
    assert audit_feed.feed(runtime) == 1 and audit_feed.feed(runtime) == 0
    with database.read() as session:
        ids = list(session.scalars(select(AuditLog.id).order_by(AuditLog.at, AuditLog.id)))
        assert verify(session, runtime.home).by_anchor == 0, "not on the chain yet"
        with pytest.raises(MulianError, match="not_final"):
            audit_feed.line_proof(session, AUDITOR, audit_id=ids[3])
    assert flush(database, ledger).leaves == 3
    verifier = verify_proof.Verifier(verify_proof.Trust(anchoring.trust(runtime)))
    with database.read() as session:
        report = verify(session, runtime.home)
        assert (report.ok, report.by_anchor) == (True, 15)
        for number, audit_id in list(enumerate(ids))[::3]:
            data = audit_feed.line_proof(session, AUDITOR, audit_id=audit_id)
            result = verifier.verify(data)
            whole = json.loads(data)
            assert result.status == "authenticated" and result.facts["stream"] == "audit"
            assert whole["row"]["seq"] == number + 1 and whole["row"]["id"] == str(audit_id)
            assert whole["proof"]["record"]["from"] < number + 1 <= whole["proof"]["record"]["count"]
        forged = whole | {"row": whole["row"] | {"actor_name": "somebody else"}}
        assert verifier.verify(canonical.dumps(forged) + b"\n").reasons == ("row_root",)
        with pytest.raises(MulianError, match="not_found"):
            audit_feed.line_proof(session, AUDITOR, audit_id=uuid.uuid4())
    _rewrite(database)
    with database.read() as session:
        assert "anchor" in {finding.kind for finding in verify(session, runtime.home).findings}


def _rewrite(database: Database) -> None:
    """What an administrator of the database can do: other links, triggers off."""
    def unit(session: Session) -> None:
        if database.dialect == "sqlite":
            for (name,) in session.execute(text(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_seal'"
            )).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE audit_seal DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_seal SET link = :link WHERE seq = 7"), {"link": b"\1" * 32})

    database.run(unit)


def test_an_edited_leaf_is_no_head(sqlite_database: Database, ledger: FakeChain) -> None:
    runtime = sqlite_database.runtime
    assert runtime is not None
    lines(sqlite_database, 4)
    audit_feed.feed(runtime)
    flush(sqlite_database, ledger)

    def edit(session: Session) -> None:
        from chain.anchoring import queries

        leaf = queries.leaf_of(session, audit_feed.OBJECT, audit_feed.TRAIL, 4)
        assert leaf is not None
        leaf.record = leaf.record | {"from": 1}

    sqlite_database.run(edit)
    with sqlite_database.read() as session:
        assert "anchor" in {finding.kind for finding in verify(session, runtime.home).findings}
