"""The byte form of a row key: no two keys have the same, and it never changes."""

import unicodedata
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import CHAR, BigInteger, Column, LargeBinary, String, Table, Uuid
from sqlalchemy.types import TypeEngine

from crypto.envelope import row_keys
from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.scopes import registry
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.types import text_key
from kernel.db import Base
from tests.support.scale import examples

pytestmark = pytest.mark.pure


def integers() -> st.SearchStrategy[int]:
    return st.integers(-(2**63), 2**63 - 1)


def any_key() -> st.SearchStrategy[RowKey]:
    """Keys of each kind, and texts that are what other kinds look like in bytes or in letters."""
    likenesses = st.one_of(
        st.binary(min_size=16, max_size=18).map(lambda data: data.decode("latin-1")), integers().map(str),
        st.uuids().map(str), st.uuids().map(lambda found: found.hex), st.text(alphabet="\x01iut\0", max_size=20),
    )
    return st.one_of(integers(), st.uuids(), st.text(max_size=40), likenesses)


def decoded(form: bytes) -> RowKey:
    """Read a key from its byte form alone: that one can is why no two keys share a form."""
    rule, kind, body = form[0], chr(form[1]), form[2:]
    assert rule == 1
    if kind == "i" and len(body) == 8:
        return int.from_bytes(body, signed=True)
    if kind == "u":
        return uuid.UUID(bytes=body)
    assert kind == "t"
    return body.decode()


@settings(max_examples=examples(40, 10_000))
@given(any_key(), any_key())
def test_no_two_keys_have_one_form(first: RowKey, second: RowKey) -> None:
    forms = [row_keys.canonical(key) for key in (first, second)]
    assert [decoded(form) for form in forms] == [first, second]
    assert (forms[0] == forms[1]) == (type(first) is type(second) and first == second)


@settings(max_examples=examples(15))
@given(st.lists(st.tuples(any_key(), st.binary(max_size=6)), max_size=4))
def test_digested_rows_are_told_apart(rows: list[tuple[RowKey, bytes]]) -> None:
    """Rows of a v2 digest can be read back from what is digested."""
    rows = [row for row in rows if not isinstance(row[0], int)]
    data, found = b"".join(row_keys.digested(*row) for row in rows), []
    while data:
        parts = []
        for _ in range(2):
            size = int.from_bytes(data[:4])
            parts.append(data[4:4 + size])
            data = data[4 + size:]
        found.append((decoded(parts[0]), parts[1]))
    assert found == rows


@pytest.mark.parametrize(("key", "form"), [
    (42, "0169000000000000002a"), (-1, "0169ffffffffffffffff"), ("", "0174"), ("街a", "0174e8a19761"),
    (uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"), "017500112233445566778899aabbccddeeff"),
])
def test_forms_never_change(key: RowKey, form: str) -> None:
    assert row_keys.canonical(key).hex() == form


def test_forms_of_one_look_are_two_texts() -> None:
    composed = [unicodedata.normalize(form, "á") for form in ("NFC", "NFD")]
    assert len({row_keys.canonical(key) for key in composed}) == 2
    with pytest.raises(UnicodeEncodeError):
        row_keys.canonical("\ud800")
    with pytest.raises(OverflowError):
        row_keys.canonical(2**63)


@pytest.mark.parametrize(("stored", "kind"), [
    (BigInteger(), KeyKind.BIGINT), (Uuid(), KeyKind.UUID), (text_key(), KeyKind.TEXT),
    (String(20), None), (CHAR(20), None), (Uuid(as_uuid=False), None), (LargeBinary(), None),
])
def test_texts_of_a_length_are_no_keys(stored: TypeEngine[Any], kind: KeyKind | None) -> None:
    """CHAR(n) adds blanks and VARCHAR(n) may cut them: what is stored would not be what was bound."""
    table = Table("test_key_kinds", Base.metadata, Column("code", stored, primary_key=True))
    declared = EncryptedTable(table.name, (EncryptedColumn("v", zh="", mask="all"),), key_column="code")
    try:
        if kind is not None:
            assert registry.key_kind(declared) is kind
            return
        with pytest.raises(ValueError, match="is no row key"):
            registry.declare(declared)
    finally:
        Base.metadata.remove(table)
