"""Rules of replacement: which form fits, what a value comes to, whose keys may be shown."""

from dataclasses import replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.identifiers.rules import Form, Kind, recognise
from crypto.persons.rules import synthetic
from crypto.replacement import rules
from crypto.replacement.port import Facts, Slot
from crypto.replacement.rules import Column, Outcome
from tests.crypto.bureaus import NUMBER
from tests.support.scale import examples

pytestmark = pytest.mark.pure
GOOD = [one.id_number for one in synthetic(1, seed=11)]
FACTS = Facts("varchar(60)", True, 60, True, "", 1, "id", "int")


@hypothesis.settings(max_examples=examples(25))
@given(st.lists(st.one_of(st.none(), st.integers(1, 100)), min_size=1), st.sampled_from(list(Kind)))
def test_a_form_fits_every_column_of_its_field(widths: list[int | None], kind: Kind) -> None:
    facts = [replace(FACTS, width=width) for width in widths]
    form = rules.form_for(kind, facts)
    if form is not None:
        assert all(width is None or width >= rules.LENGTHS[form] for width in widths)
    narrowest = min((width for width in widths if width is not None), default=999)
    assert (form is Form.NATIVE) == (narrowest >= 29)
    column_ = Column(Slot("", "t", "c"), NUMBER, kind, form or Form.NATIVE, "all")
    assert any(rules.obstacles(column_, one, [column_]) for one in facts) == (form is None)


def test_both_ends_of_a_foreign_key_get_identifiers_of_one_field() -> None:
    ends = [Column(Slot("", table, "sfz"), NUMBER, Kind.ID_NUMBER, Form.NATIVE, "id_number") for table in ("a", "b")]
    facts = replace(FACTS, parents=(("fk", Slot("here", "b", "sfz")),))
    assert rules.obstacles(ends[0], facts, ends) == []
    [other] = rules.obstacles(ends[0], facts, [ends[0], replace(ends[1], field="另一字段")])
    [missing] = rules.obstacles(ends[0], facts, ends[:1])
    assert "另一标识字段" in other["zh"] and "不在本任务内" in missing["zh"]


def test_a_key_is_listed_only_where_it_is_not_sensitive() -> None:
    column_ = Column(Slot("", "t", "c"), NUMBER, Kind.ID_NUMBER, Form.NATIVE, "id_number")
    key = replace(column_, slot=Slot("", "t", "id"))
    neutral = replace(FACTS, neutral=True)
    assert rules.shown_key(column_, neutral, [column_], "7") == "7"
    for facts, columns, text in (
        (FACTS, [column_], "A-7"), (neutral, [column_], GOOD[0]), (neutral, [column_], "13800138000"),
        (neutral, [column_, key], GOOD[0]), (replace(FACTS, key="c"), [column_], GOOD[0]),
    ):
        assert text not in rules.shown_key(column_, facts, columns, text)


@hypothesis.settings(max_examples=examples(25))
@given(st.text(max_size=40), st.sampled_from(list(Kind)), st.sampled_from([Form.NATIVE, Form.ID18, Form.PHONE11]))
def test_every_value_has_one_outcome_and_an_identifier_is_never_replaced(text: str, kind: Kind, form: Form) -> None:
    what, why = rules.outcome(kind, form, text)
    assert bool(why) == (what in (Outcome.EXCEPTION, Outcome.LOOKALIKE))
    if recognise(text) is Form.NATIVE:
        assert what is Outcome.LOOKALIKE
