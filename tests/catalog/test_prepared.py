"""Texts that an import works out before its transaction say the same as those worked out in it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from catalog.codes.service import allocate, allocate_many
from catalog.imports import jobs, service
from catalog.imports.models import ImportBatch
from catalog.imports.prepared import Prepared
from catalog.imports.progress import silent
from catalog.nodes import service as node_service
from catalog.nodes.models import DataEntry
from catalog.search import rules
from catalog.search import service as search
from catalog.search.models import SearchDoc
from kernel.db import Database
from tests.catalog import books
from tests.catalog.conftest import Town

Check = Callable[..., ImportBatch]
ROWS = [["区民政局", f"婚姻登记信息{n}", "社会保障", "csv", "2026年3月", "Ａ１００％ 包括姓名、日期", f"u:{n}"] for n in range(5)]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@pytest.mark.pure
@given(TEXTS, TEXTS)
def test_a_text_after_another_is_what_both_are_together(first: str, second: str) -> None:
    one, two, both = (rules.normalise(part) for part in (first, second, f"{first}\n{second}"))
    assert rules.joined(one, two) == both
    longer = rules.longer_stream(rules.token_stream(one), two).split()
    assert sorted(longer) == sorted(rules.token_stream(both).split())


def documents(database: Database) -> dict[str, tuple[str, ...]]:
    with database.read() as session:
        rows = session.scalars(select(SearchDoc).order_by(SearchDoc.number))
        return {row.legacy or "": (row.code, row.head, row.initials, row.title, row.body) for row in rows}


def test_both_ways_write_the_same(database: Database, town: Town, checked: Check, monkeypatch: Any) -> None:
    batch = checked(town.bureau, books.listing(*ROWS))
    prepared: list[Any] = []
    held = search.prepare
    monkeypatch.setattr(search, "prepare", lambda *given: prepared.append(given) or held(*given))
    monkeypatch.setattr("catalog.imports.prepared.PAGE", 2)
    monkeypatch.setattr("catalog.imports.service.PAGE", 2)
    steps: list[tuple[int, int]] = []
    jobs.run_apply(
        database, town.bureau, batch.id, accept_partial=True,
        progress=lambda done, total, _: steps.append((done, total)),
    )
    assert steps == sorted(steps) and steps[-1] == (5, 5) and len(steps) == 6, "once from nothing to all"
    assert len(prepared) == len(ROWS), "before the transaction"
    with database.read() as session:
        entries = list(session.scalars(select(DataEntry)))
        table = SearchDoc.__table__
        stored = {row.node_id: dict(row._mapping) for row in session.execute(select(table))}
        for entry in entries:
            columns = {name: getattr(entry, name) for name in DataEntry.__table__.c.keys()}
            wanted = search._row(node_service.document("data_entry", columns))
            assert stored[entry.id] == {**wanted, "number": stored[entry.id]["number"]}
    with database.write() as session:  # a contentless index forgets only what it was told by the very tokens
        search.remove(session, [entry.id for entry in entries])
        if database.dialect == "sqlite":
            for field in ("title", "whole"):
                session.execute(text(f"INSERT INTO search_fts_{field}(search_fts_{field}) VALUES ('integrity-check')"))
                query = text(f"SELECT count(*) FROM search_fts_{field} WHERE search_fts_{field} MATCH :wanted")
                for gram in ("婚姻", "a1", "p"):
                    spelled = rules.spelled(gram) if len(gram) > 1 else "kdataentry"
                    assert session.scalar(query, {"wanted": f'"{spelled}"'}) == 0, (field, gram)


def test_a_check_in_between_leaves_no_old_text(database: Database, town: Town, checked: Check) -> None:
    batch = checked(town.bureau, books.listing(*ROWS))
    with database.read() as session:
        folder = service.file_of(session, batch.id).parent
    with Prepared(folder) as prepared:
        prepared.fill(database, batch.id, 5, silent)
        jobs.run_check(database, town.bureau, batch.id)  # the nodes get other ids
        counts = database.run(lambda s: service.apply(
            s, town.bureau, service.found(s, town.bureau, batch.id), accept_partial=True, prepared=prepared
        ))
        assert len(next(iter(prepared))) == 5
    assert counts["data_entry_created"] == 5
    assert sorted(doc[3] for doc in documents(database).values()) == [f"婚姻登记信息{n}" for n in range(5)]
    assert list(folder.glob("tmp*")) == [], "the file has no name"


def test_numbers_of_several_scopes_follow_each_other(database: Database) -> None:
    first = database.run(lambda s: allocate_many(s, {"b": 2, "a": 3, "none": 0}))
    assert first == {"a": range(1, 4), "b": range(1, 3)}
    assert database.run(lambda s: allocate(s, "a")) == range(4, 5)
    assert database.run(lambda s: allocate_many(s, {"a": 1, "c": 1})) == {"a": range(5, 6), "c": range(1, 2)}
    assert database.run(lambda s: allocate_many(s, {})) == {}
