"""Quality: kept figures and failing cells equal the long way round, on random catalogs that change."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog.entries import service as entries
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry
from catalog.quality import port, queries, rules, service
from catalog.quality.models import QualityFailure
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.conftest import Town
from tests.catalog.quality_world import Maker, brute_force
from tests.support.scale import Scale


@pytest.fixture
def served() -> Iterator[set[uuid.UUID]]:
    """Entries with an interface, as the gateway would name them."""
    known: set[uuid.UUID] = set()
    held = port._served
    port.install(lambda session: known)
    yield known
    port.install(held)


def kept(database: Database) -> tuple[dict[Any, tuple[int, int]], Counter[tuple[Any, ...]]]:
    with database.read() as session:
        figures = {(d, kind, rule): (a, b) for d, kind, rule, a, b in queries.figures(session, None)}
        failing = Counter(
            (row.node_id, row.rule, row.field, row.child_id) for row in session.scalars(select(QualityFailure))
        )
    return figures, failing


@pytest.mark.requirement("S4-03")
def test_what_is_kept_equals_the_long_way_round(
    database: Database, served: set[uuid.UUID], scale: Scale
) -> None:
    for seed in range(scale.of(5, 60)):
        with database.write() as session:
            maker = Maker(session, seed)
            maker.change()
            maker.department(6)
            maker.department(3)
            entries = list(session.scalars(select(DataEntry.id).order_by(DataEntry.code)))
            served.clear()
            served.update(maker.chance.sample(entries, len(entries) // 4))
        service.refresh(database)
        with database.read() as session:
            figures, failing = brute_force(session, served)
        found, cells = kept(database)
        assert found == figures, f"seed {seed}"
        assert cells == failing, f"seed {seed}"
        assert service.refresh(database) == 0, "nothing changed, nothing is computed"
    seen = {rule for _, _, rule in found}
    assert seen == set(rules.BY_ID) - {"consistent.city"}, "the random catalogs reach every rule"


def test_a_related_entry_that_ends_elsewhere_is_noticed(database: Database, town: Town) -> None:
    """What another department withdraws changes the figures of whoever names it."""
    with database.write() as session:
        named = entries.create(session, town.bureau, {"name": "婚姻登记"}, department_id=town.health)
        entries.create(
            session, town.bureau, {"name": "收养登记", "related_codes": [named.code]}, department_id=town.civil
        )
    service.refresh(database)
    assert kept(database)[0][town.civil, "data_entry", "accurate.related"] == (1, 1)
    with database.write() as session:
        session.get_one(DataEntry, named.id).status = "withdrawn"
    assert service.refresh(database, only=[town.civil]) == 1
    assert kept(database)[0][town.civil, "data_entry", "accurate.related"] == (0, 1)


def test_one_node_judged_now_agrees_with_its_department(
    database: Database, served: set[uuid.UUID], town: Town
) -> None:
    with database.write() as session:
        Maker(session, 77).department(8)
    service.refresh(database)
    _, cells = kept(database)
    by_node: Counter[uuid.UUID] = Counter()
    with database.read() as session:
        for kind, level in KINDS.items():
            for node_id in list(session.scalars(select(level.model.id))):
                _, verdict = service.of_node(session, town.bureau, kind, node_id)
                by_node[node_id] = len(verdict.failures)
                assert sum(b - a for a, b in verdict.counts.values()) == len(verdict.failures)
    assert +by_node == Counter(node for node, *_ in cells.elements())


def test_nothing_to_divide_by_is_none_and_nearly_all_is_not_all() -> None:
    assert rules.percent(0, 0) is None
    assert rules.percent(35, 38) == "92.11"
    assert rules.percent(99_999, 100_000) == "99.99" and rules.percent(7, 7) == "100.00"
    assert rules.add_up([])["consistent"] == (0, 0)


def test_days_are_kept_once_and_again_gives_the_same(database: Database, served: set[uuid.UUID]) -> None:
    with database.write() as session:
        Maker(session, 5).department(5)
    service.refresh(database)
    today = clock.business_day(clock.now()).isoformat()
    yesterday = (clock.business_day(clock.now()) - timedelta(days=1)).isoformat()
    for day in (yesterday, today, today):
        rows = database.run(lambda session, day=day: service.keep_day(session, day))
    with database.read() as session:
        points = queries.trend(session, None, yesterday, today, None)
        figures = queries.figures(session, None)
    assert rows == len(figures) and len({day for day, *_ in points}) == 2
    for day in (yesterday, today):
        assert sum(b for at, _, _, b in points if at == day) == sum(b for *_, b in figures)


def test_a_computation_that_was_overtaken_changes_nothing(
    database: Database, served: set[uuid.UUID]
) -> None:
    with database.write() as session:
        department_id = Maker(session, 9).department(5)
    at = clock.now()
    with database.read() as session:
        old = service.compute(session, department_id, "old", at)
    service.refresh(database)
    before = kept(database)
    assert not database.run(lambda session: service.keep(session, old))
    with database.read() as session:
        assert queries.states(session)[department_id].mark != "old"
    assert kept(database) == before


def test_figures_of_a_foreign_department_are_not_told(database: Database, town: Town) -> None:
    with pytest.raises(MulianError) as caught:
        service.scope(town.officer, town.health)
    assert caught.value.status == 404
    assert service.scope(town.officer, None) == [town.civil] and service.scope(town.bureau, None) is None


def test_a_node_that_moved_is_kept_under_its_new_department(database: Database, served: set[uuid.UUID]) -> None:
    with database.write() as session:
        maker = Maker(session, 21)
        first, second = maker.department(5), maker.department(5)
    service.refresh(database)
    with database.write() as session:
        moved = session.scalars(select(QualityFailure.node_id).where(
            QualityFailure.department_id == first, QualityFailure.node_kind == "data_entry"
        )).first()
        assert moved is not None
        entry = session.get_one(DataEntry, moved)
        entry.department_id, entry.revision = second, entry.revision + 1
    for one in (second, first):
        service.refresh(database, only=[one])
    with database.read() as session:
        figures, failing = brute_force(session, served)
    assert kept(database) == (figures, failing)
