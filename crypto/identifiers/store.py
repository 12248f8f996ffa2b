"""The values behind identifiers: kept once each, written as identifiers, matched by them."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from crypto.columns import fpe
from crypto.errors import IDENTIFIER_FULL
from crypto.identifiers import codec, queries, rules
from crypto.identifiers.codec import Place
from crypto.identifiers.fields import scope_of
from crypto.identifiers.models import IdentifierField
from crypto.identifiers.queries import New, Stored
from crypto.identifiers.rules import FORM_NUMBERS, Form
from crypto.keys.keyring import keyring_of
from crypto.scopes.rules import FORMAT, TOKEN, Scope, normalise_text

_RUNNING = 44  # bits of the running number in an id
Match = Stored | None


def keep(session: Session, field: IdentifierField, values: Sequence[str]) -> tuple[list[Stored], list[bool]]:
    """Return the rows of different normalised values, storing those that are new, and which were.

    Raises ``crypto.identifier.full``, ``crypto.key.compromised``, ``crypto.key.exhausted``, ``crypto.sealed``.
    """
    scope, keyring = scope_of(field.department_id), keyring_of(session)
    known = find(session, field, values)
    fresh = [at for at, row in enumerate(known) if row is None]
    if fresh:
        epoch = _epoch(session, scope)
        indexes, coming = keyring.written_indexes(session, scope, [normalise_text(values[at]) for at in fresh])
        first = queries.take_numbers(session, field.number, len(fresh))
        if first + len(fresh) >= 1 << _RUNNING:
            raise IDENTIFIER_FULL()
        ids = [field.number << _RUNNING | number for number in range(first, first + len(fresh))]
        envelopes = keyring.encrypt(session, scope, [(id_, values[at]) for id_, at in zip(ids, fresh, strict=True)])
        queries.add(session, field, epoch, New(ids, envelopes, indexes, coming))
        for id_, at, index, envelope in zip(ids, fresh, indexes, envelopes, strict=True):
            known[at] = Stored(index or b"", id_, epoch, envelope or b"")
    new = set(fresh)
    return [row for row in known if row], [at in new for at in range(len(values))]


def find(session: Session, field: IdentifierField, values: Sequence[str]) -> list[Match]:
    """Return the rows of normalised values, None where a value has no identifier; nothing is stored."""
    found: list[Match] = [None] * len(values)
    messages = [normalise_text(value) for value in values]
    for indexes in keyring_of(session).asked_indexes(session, scope_of(field.department_id), messages):
        rows = queries.by_index(session, field.number, [index or b"" for index in indexes])
        found = [row or rows.get(index or b"") for row, index in zip(found, indexes, strict=True)]
    return found


def write(
    session: Session, field: IdentifierField, form: Form, values: Sequence[str], stored: Sequence[Stored],
) -> list[str]:
    """Return the identifiers of stored values, each under the keys of its epoch."""
    if not stored:
        return []
    purpose = TOKEN if form is Form.NATIVE else FORMAT
    keys = keyring_of(session).versions(session, scope_of(field.department_id), purpose)
    written = [""] * len(stored)
    for epoch in {row.epoch for row in stored}:
        places = [at for at, row in enumerate(stored) if row.epoch == epoch]
        place = Place(field.department_number, field.number, epoch)
        if form is Form.NATIVE:
            texts = codec.encode(keys[epoch], place, [stored[at].id for at in places])
        else:
            texts = _disguised(keys[epoch], place, form, [values[at] for at in places])
        for at, text in zip(places, texts, strict=True):
            written[at] = text
    return written


def match(session: Session, field: IdentifierField, form: Form, texts: Sequence[str]) -> list[Match]:
    """Return the row behind each recognised identifier of one form, None where the field has none.

    Every text costs the same: one block of each epoch's cipher and one key among those of the query.
    """
    find = _by_native if form is Form.NATIVE else _by_format
    purpose = TOKEN if form is Form.NATIVE else FORMAT
    found: list[Match] = [None] * len(texts)
    for epoch, key in keyring_of(session).versions(session, scope_of(field.department_id), purpose).items():
        place = Place(field.department_number, field.number, epoch)
        for at, row in enumerate(find(session, field, form, key, place, texts)):
            if row is not None and row.epoch == epoch:
                found[at] = row
    return found


def _epoch(session: Session, scope: Scope) -> int:
    """Return the epoch of values that are new; where either of its keys is compromised, there is none yet."""
    return max(keyring_of(session).newest(session, scope, purpose) for purpose in (TOKEN, FORMAT))


def _by_native(
    session: Session, field: IdentifierField, form: Form, key: bytes, place: Place, texts: Sequence[str],
) -> list[Match]:
    numbers, authentic = codec.decode(key, place, codec.unpack(texts)[0])
    # an id that no row has stands for each foreign one: the query is as long
    ids: list[int] = np.where(authentic, numbers, -1 - np.arange(len(texts))).tolist()
    rows = queries.by_id(session, ids)
    return [rows.get(id_) for id_ in ids]


def _by_format(
    session: Session, field: IdentifierField, form: Form, key: bytes, place: Place, texts: Sequence[str],
) -> list[Match]:
    bodies = [rules.body(form, text) for text in texts]
    digits = fpe.decrypt_texts(key, place.tweak(FORM_NUMBERS[form]), bodies)
    return find(session, field, [rules.restore(form, one or "") for one in digits])


def _disguised(key: bytes, place: Place, form: Form, values: Sequence[str]) -> list[str]:
    digits = fpe.encrypt_texts(key, place.tweak(FORM_NUMBERS[form]), [rules.body(form, value) for value in values])
    return [rules.disguise(form, one or "") for one in digits]
