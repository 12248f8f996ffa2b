"""Final records per department, kept batch by batch: they equal a count of the leaves after every step."""

import random
import uuid

from sqlalchemy import func, select

from chain.anchoring import queries, restore, rules, tallies
from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorTally
from kernel.db import Database
from kernel.identity.actor import system_actor
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush
from tests.chain.anchoring.test_edge import department
from tests.support.scale import examples


def agree(database: Database) -> dict[uuid.UUID, int]:
    """Compare the figures with the leaves; return the records of each department."""
    with database.read() as session:
        counted = session.execute(
            select(AnchorLeaf.stream, AnchorLeaf.department_id, func.count())
            .join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
            .where(AnchorBatch.state == "final", AnchorLeaf.department_id.is_not(None))
            .group_by(AnchorLeaf.stream, AnchorLeaf.department_id)
        )
        wanted = {(stream, one): number for stream, one, number in counted}
        kept = {(row.stream, row.department_id): row.records for row in session.scalars(select(AnchorTally))}
        assert {key: number for key, number in kept.items() if number} == wanted
        return tallies.final_records(session, {one for _, one in kept})


def test_figures_are_those_of_the_leaves(database: Database, ledger: FakeChain) -> None:
    departments = [database.run(department) for _ in range(3)]
    choose, number = random.Random(32), 0
    for _ in range(examples(2, 20)):
        for stream in ("catalog", "calls"):
            for one in choose.sample([*departments, None], 2):
                count = choose.randint(1, 5)
                append(database, number, count, stream, department_id=one)
                number += count
        before = agree(database)
        assert not flush(database, ledger).errors
        assert sum(agree(database).values()) >= sum(before.values())
    with database.read() as session:
        assert tallies.final_records(session, [uuid.uuid4()]) == {}


def test_batches_that_the_chain_forgot_are_taken_back(database: Database, ledger: FakeChain) -> None:
    mine, other = (database.run(department) for _ in range(2))
    for at, one in enumerate((mine, mine, other)):
        append(database, 10 * at, 3, department_id=one)
        flush(database, ledger)
    assert agree(database) == {mine: 6, other: 3}
    ledger.forget_after(1)
    append(database, 90, 1, department_id=mine)
    assert "database_ahead" in flush(database, ledger).errors["catalog"]
    with database.read() as session:
        row = queries.stream(session, "catalog")
        assert row is not None
        nonce = ledger.nonce(row.address)
    chain = ledger.head_of(rules.stream_id("catalog"))
    database.run(lambda session: restore.resume(
        session, system_actor("test"), stream="catalog", chain=chain, nonce=nonce
    ))
    assert agree(database) == {mine: 3, other: 0}
    assert not flush(database, ledger).errors
    assert agree(database) == {mine: 7, other: 3}
