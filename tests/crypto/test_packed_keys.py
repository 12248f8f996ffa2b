"""Keys of a page side by side are in every use what a list of the same keys is."""

import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.columns.engine import column_key
from crypto.columns.service import BATCH_FROM, decrypt_column, encrypt_column
from crypto.envelope import packed_keys, row_keys
from crypto.envelope.packed_keys import PackedKeys
from crypto.envelope.row_keys import KeyKind, RowKey

KEY = column_key(7, bytes(range(16)))
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)


def pages() -> st.SearchStrategy[tuple[list[RowKey], PackedKeys]]:
    """Lists of integers and of UUIDs, each with the same keys packed."""
    return st.one_of(
        st.lists(INTEGERS, min_size=1, max_size=40).map(lambda keys: (keys, PackedKeys.of_integers(keys))),
        st.lists(st.uuids(), min_size=1, max_size=40).map(
            lambda keys: (keys, PackedKeys.of_hex([key.hex for key in keys]))),
    )


@given(pages(), st.data())
def test_items_and_parts_are_those_of_the_list(page: tuple[list[RowKey], PackedKeys], data: st.DataObject) -> None:
    keys, packed = page
    assert list(packed) == keys and len(packed) == len(keys) and packed[-1] == keys[-1]
    start, end = data.draw(st.tuples(st.integers(0, 40), st.integers(0, 40)))
    assert list(packed[start:end]) == keys[start:end]
    with pytest.raises(IndexError):
        packed[len(keys)]
    assert [type(key) for key in packed] == [type(key) for key in keys]


@given(pages())
def test_forms_are_those_of_the_keys(page: tuple[list[RowKey], PackedKeys]) -> None:
    keys, packed = page
    if packed.kind is KeyKind.BIGINT:
        assert packed.integers() == keys
        return
    assert packed.hexes() == [key.hex for key in keys if isinstance(key, uuid.UUID)]
    assert [row.tobytes() for row in packed.canonical()] == [row_keys.canonical(key) for key in keys]


@given(pages(), st.booleans(), st.data())
def test_digests_are_those_of_the_rows(
    page: tuple[list[RowKey], PackedKeys], equal: bool, data: st.DataObject,
) -> None:
    keys, packed = page
    sizes = st.just(9) if equal else st.integers(0, 5)
    values = [bytes(data.draw(sizes)) for _ in keys]
    expected = b"".join(row_keys.digested(key, value) for key, value in zip(keys, values, strict=True))
    assert packed_keys.digested(packed, values) == packed_keys.digested(keys, values) == expected


@given(pages())
def test_rows_open_whichever_way_their_keys_came(page: tuple[list[RowKey], PackedKeys]) -> None:
    values: list[bytes | None]

    def opened(keys: Sequence[RowKey], sealed: Sequence[bytes | None]) -> list[object]:
        return list(decrypt_column(lambda _: KEY, keys, sealed))

    keys, packed = page
    for values in ([b"11010119900307123X"] * len(keys), [bytes(at % 40) for at in range(len(keys))]):
        assert opened(keys, encrypt_column(KEY, packed, values)) == values
        assert opened(packed, encrypt_column(KEY, keys, values)) == values
    assert BATCH_FROM < 40  # both ways of the dispatcher are met


def test_integers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(OverflowError):
        PackedKeys.of_integers([1 << 63])
