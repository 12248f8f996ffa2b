"""The filter language: what a filter means, and that nothing malformed gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ckan.errors import SearchQueryError
from catalog.ckan.fq import EVERYTHING, Both, Either, Match, Not, Range, has_fields, parse

pytestmark = pytest.mark.pure
CASES = {
    "": EVERYTHING,
    "*:*": Match("*", "*"),
    "organization:a OR organization:b": Either((Match("organization", "a"), Match("organization", "b"))),
    "-organization:x": Not(Match("organization", "x")),
    "NOT organization:x": Not(Match("organization", "x")),
    "+groups:g -tags:t": Both((Match("groups", "g"), Not(Match("tags", "t")))),
    "a:1 b:2": Both((Match("a", "1"), Match("b", "2"))),
    "a:1 AND b:2": Both((Match("a", "1"), Match("b", "2"))),
    "a:1 OR b:2 c:3": Either((Match("a", "1"), Both((Match("b", "2"), Match("c", "3"))))),
    "tags:(甲 OR \"乙 丙\")": Either((Match("tags", "甲"), Match("tags", "乙 丙", quoted=True))),
    "metadata_modified:[2026-11-21T00:00:00Z TO *]":
        Range("metadata_modified", "2026-11-21T00:00:00Z", "*", True, True),
    "metadata_modified:{2026-01-01 TO 2026-02-01]": Range("metadata_modified", "2026-01-01", "2026-02-01", False, True),
    'title:"a \\" b"': Match("title", 'a " b', quoted=True),
    "url:http://x/y": Match("url", "http://x/y"),
    "metadata_modified:2026-11-21T00:00:00Z": Match("metadata_modified", "2026-11-21T00:00:00Z"),
    "舞蹈 教室": Both((Match(None, "舞蹈"), Match(None, "教室"))),
    "organization:n-1a2b": Match("organization", "n-1a2b"),
}
MALFORMED = (
    "a:", "(", ")", "a:1 OR", "OR a:1", "AND", "a:[1 TO", "a:[1]", "[1 TO 2]", '"open', "a:(b", "a:(1 OR )", "{",
    "a:1 AND",
)


@pytest.mark.parametrize("text", CASES)
def test_meaning(text: str) -> None:
    assert parse(text) == CASES[text]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed(text: str) -> None:
    with pytest.raises(SearchQueryError):
        parse(text)


@given(st.text(alphabet='ab:()[]{}"\\ +-!*OR ANDT 字\t', max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    has_fields(text)
    try:
        parse(text)
    except SearchQueryError:
        pass
