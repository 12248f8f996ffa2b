"""The hash of a version: ten vectors checked by a second implementation, and the chain of versions."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.nodes.hashing import Org, chain_breaks, child_hash, hash_version
from catalog.nodes.kinds import HASH_PROFILE, KINDS
from tests.catalog import sm3_reference as reference

VECTORS = json.loads((Path(__file__).parent / "data" / "hash_vectors.json").read_text(encoding="utf-8"))["vectors"]
AT = datetime(2026, 11, 21, 3, 4, 5, 6, tzinfo=UTC)


def test_the_second_implementation_knows_the_standards_example() -> None:
    assert reference.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_there_are_ten_vectors_with_an_astral_character() -> None:
    assert len(VECTORS) == 10
    assert any(ord(char) > 0xFFFF for vector in VECTORS for char in vector["input"]["fields"]["name"])


@pytest.mark.requirement("S4-01")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    given_ = vector["input"]
    hashed = hash_version(
        "data_entry", uuid.UUID(given_["id"]), given_["fields"], given_["children"],
        org=Org(given_["org"], given_["org_name"]), version=given_["version"], prev_hash=given_["prev_hash"],
        valid_from=datetime.fromisoformat(given_["valid_from"]),
    )
    assert hashed.entry_hash == vector["entry_hash"]
    children = [
        reference.sm3_hex(reference.canonical({"fields": child, "profile": HASH_PROFILE}).encode())
        for child in sorted(given_["children"], key=lambda c: c["number"])
    ]
    content = reference.canonical({
        **{key: given_[key] for key in ("id", "org", "org_name", "version", "prev_hash", "valid_from", "fields")},
        "kind": "data_entry", "profile": HASH_PROFILE, "withdrawn": False, "children": children,
    })
    assert content == hashed.content
    assert reference.sm3_hex(content.encode()) == vector["entry_hash"]


def _entry(**values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(KINDS["data_entry"].hashed), "name": "a", "code": "b", **values}


def _hash(fields: dict[str, Any], version: int = 1, prev: str | None = None) -> tuple[str, str]:
    hashed = hash_version(
        "data_entry", uuid.UUID(int=1), fields, [], org=Org("o", "n"), version=version, prev_hash=prev, valid_from=AT
    )
    return hashed.content, hashed.entry_hash


def test_counts_and_states_are_not_hashed_and_fields_are() -> None:
    base = _hash(_entry())
    assert _hash(_entry(record_count=5, online=True, status="published")) == base
    for name in KINDS["data_entry"].hashed:
        assert _hash(_entry(**{name: "changed"}))[1] != base[1], name
    assert "record_count" not in KINDS["data_entry"].hashed


def test_a_child_counts_by_its_hashed_fields() -> None:
    item = {**dict.fromkeys(KINDS["data_entry"].child.hashed), "number": 1, "name": "x"}  # type: ignore[union-attr]
    assert child_hash(KINDS["data_entry"], item) != child_hash(KINDS["data_entry"], {**item, "number": 2})
    with pytest.raises(ValueError, match="no children"):
        child_hash(KINDS["duty"], item)


_names = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=6)


def _chain(names: list[str]) -> list[tuple[int, str, str | None, str]]:
    rows: list[tuple[int, str, str | None, str]] = []
    previous: str | None = None
    for version, name in enumerate(names, start=1):
        content, entry_hash = _hash(_entry(name=name), version, previous)
        rows.append((version, content, previous, entry_hash))
        previous = entry_hash
    return rows


@given(_names)
def test_an_untouched_chain_holds(names: list[str]) -> None:
    assert chain_breaks(_chain(names)) == []


@given(_names, st.data())
def test_any_change_in_a_chain_is_noticed(names: list[str], data: st.DataObject) -> None:
    rows = _chain(names)
    at = data.draw(st.integers(0, len(rows) - 1))
    version, content, prev, entry_hash = rows[at]
    kind = data.draw(st.sampled_from(["content", "hash", "prev", "drop", "swap", "rehash"]))
    if kind == "content":
        place = data.draw(st.integers(0, len(content) - 1))
        char = data.draw(st.characters(codec="utf-8").filter(lambda c: c != content[place]))
        rows[at] = (version, content[:place] + char + content[place + 1 :], prev, entry_hash)
    elif kind == "hash":
        rows[at] = (version, content, prev, ("0" if entry_hash[0] != "0" else "1") + entry_hash[1:])
    elif kind == "prev":
        rows[at] = (version, content, "f" * 64, entry_hash)
    elif kind == "rehash" and at < len(rows) - 1:
        # a forger who recomputes one version cannot make the next one name it
        forged = _hash(_entry(name=names[at] + "!"), version, prev)
        rows[at] = (version, forged[0], prev, forged[1])
    elif kind == "swap" and len(rows) > 1:
        rows[at], rows[at - 1] = rows[at - 1], rows[at]
    elif kind == "drop" and at < len(rows) - 1:
        del rows[at]
    else:
        return
    assert chain_breaks(rows)
