"""A policy compiled for one grant of one revision: keep, mask, decrypt, decrypt then mask; all else is dropped.

It fails closed: an answer that is not the JSON the contract describes, a wrong encoding or a missing key raises
:class:`PolicyFailed`, and the caller sends none of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

KEEP, MASK, DECRYPT, DECRYPT_MASK = "keep", "mask", "decrypt", "decrypt_mask"
ACTIONS = frozenset({KEEP, MASK, DECRYPT, DECRYPT_MASK})
_ABSENT: Any = object()
# (column, value of the row's key, envelope text) -> clear text
Decryptor = Callable[[str, Any, str], str]
Masker = Callable[[str, str], str]


class PolicyFailed(Exception):
    """The policy could not be applied; ``reason`` goes to the log and the alert, never the data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field that leaves: its name in the answer, what is done, and by which mask kind (e.g. ``id_number``)."""

    name: str
    action: str
    mask: str = ""


@dataclass(frozen=True)
class Policy:
    """``items``: key path to the list of records ("" for the top level); other top-level keys leave if listed."""

    rules: tuple[FieldRule, ...]
    items: tuple[str, ...] = ()
    passthrough: frozenset[str] = frozenset()
    row_key: str = ""
    # turns a body into the document that the contract describes; ValueError: it cannot
    reader: Callable[[bytes], Any] = orjson.loads

    @cached_property
    def plan(self) -> tuple[tuple[str, str, str, FieldRule], ...]:
        """(name, action, mask, rule) of each rule, as the loop over the records wants them."""
        return tuple((rule.name, rule.action, rule.mask, rule) for rule in self.rules)

    @cached_property
    def decrypts(self) -> bool:
        """True when applying needs data keys: such bodies are worked on outside the event loop."""
        return any(rule.action in (DECRYPT, DECRYPT_MASK) for rule in self.rules)


def compile_policy(fields: list[Mapping[str, Any]], granted: Mapping[str, bool], **shape: Any) -> Policy:
    """Compile the contract's ``fields`` for a grant.

    ``granted`` maps field name to "in clear": a field that is not in it is dropped. A field marked ``sensitive``
    (or ``encrypted``) leaves masked unless it is granted in clear.
    """
    rules: list[FieldRule] = []
    for field in fields:
        name = str(field["name"])
        if name not in granted:
            continue
        encrypted, hidden = bool(field.get("encrypted")), bool(field.get("sensitive") or field.get("encrypted"))
        clear = granted[name] or not hidden
        action = (DECRYPT if clear else DECRYPT_MASK) if encrypted else (KEEP if clear else MASK)
        rules.append(FieldRule(name, action, str(field.get("mask") or "all")))
    return Policy(tuple(rules), **shape)


def apply(policy: Policy, body: bytes, mask: Masker, decrypt: Decryptor) -> bytes:
    """Return the answer that may leave; raise :class:`PolicyFailed`."""
    try:
        document = policy.reader(body)
    except ValueError as error:
        raise PolicyFailed("not what the contract describes") from error
    if not policy.items:
        return orjson.dumps(_records(policy, document, mask, decrypt))
    if not isinstance(document, dict):
        raise PolicyFailed("not an object")
    result: dict[str, Any] = {key: document[key] for key in policy.passthrough if key in document}
    if any(isinstance(value, dict | list) for value in result.values()):
        # a container could carry what the field rules would drop
        raise PolicyFailed("container in passthrough")
    inner: Any = document
    target = result
    for key in policy.items[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
        target[key] = {}
        target = target[key]
    last = policy.items[-1]
    if not isinstance(inner, dict) or last not in inner:
        raise PolicyFailed("no items")
    target[last] = _records(policy, inner[last], mask, decrypt)
    return orjson.dumps(result)


def _records(policy: Policy, value: Any, mask: Masker, decrypt: Decryptor) -> Any:
    if isinstance(value, dict):
        return apply_record(policy, value, mask, decrypt)
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        raise PolicyFailed("items are not objects")
    return [apply_record(policy, record, mask, decrypt) for record in value]


def apply_record(policy: Policy, record: Mapping[str, Any], mask: Masker, decrypt: Decryptor) -> dict[str, Any]:
    """Return the granted fields of one record; a missing field stays missing, null stays null."""
    result: dict[str, Any] = {}
    for name, action, kind, rule in policy.plan:
        value = record.get(name, _ABSENT)
        if value is None:
            result[name] = None
        elif value is _ABSENT:
            continue
        elif action == KEEP:
            if isinstance(value, dict | list):
                raise PolicyFailed("container in field")
            result[name] = value
        elif action == MASK and isinstance(value, str):
            result[name] = mask(kind, value)
        else:
            result[name] = _treat(policy, rule, record, value, mask, decrypt)
    return result


def _treat(
    policy: Policy, rule: FieldRule, record: Mapping[str, Any], value: Any, mask: Masker, decrypt: Decryptor,
) -> str:
    if isinstance(value, dict | list | bool):
        raise PolicyFailed("field is not a scalar")
    text = str(value)
    if rule.action in (DECRYPT, DECRYPT_MASK):
        if not isinstance(value, str) or policy.row_key not in record:
            raise PolicyFailed("no envelope or no row key")
        try:
            text = decrypt(rule.name, record[policy.row_key], text)
        except PolicyFailed:
            raise
        except Exception as error:  # any failure of the key store closes the door; its text may hold data
            raise PolicyFailed("decrypt") from error
    return text if rule.action == DECRYPT else mask(rule.mask, text)
