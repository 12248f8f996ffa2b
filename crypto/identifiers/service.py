"""Use cases on identifiers: issue them for values, look values up by them. Both take a batch, and one as well."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from crypto.errors import IDENTIFIER_FORM_UNFIT
from crypto.identifiers import codec, queries, rules, store
from crypto.identifiers.fields import scope_of
from crypto.identifiers.models import IdentifierField
from crypto.identifiers.queries import Stored
from crypto.identifiers.rules import FORM_OF, Form, Kind, recognise
from crypto.keys.keyring import keyring_of
from kernel.audit.service import record
from kernel.identity.actor import Actor

__all__ = [
    "Field", "Form", "Found", "Issued", "Refused", "Status", "find", "fitting", "issue", "look_up", "note", "recognise",
]


@dataclass(frozen=True)
class Field:
    """An identified field of a department, such as 公民身份号码."""

    department_id: uuid.UUID
    name: str


@dataclass(frozen=True)
class Issued:
    """The identifier of a value. ``created``: the value had none before this call, in any form."""

    identifier: str
    created: bool


@dataclass(frozen=True)
class Refused:
    """Why a value got no identifier: "empty", "too_long", "control", "identifier" (it is one already), "unfit"."""

    reason: str


class Status(StrEnum):
    """What became of one identifier. A foreign department's is unknown, like one that was never issued."""

    FOUND = "found"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Found:
    """The answer for one identifier; ``value`` in the spelling it is stored in. repr does not show it.

    Where the question was a value, ``value`` is its identifier. ``stored``: the row behind it, for the log of look-ups.
    """

    status: Status
    value: str | None = field(default=None, repr=False)
    stored: Stored | None = field(default=None, repr=False, compare=False)


def issue(session: Session, field: Field, values: Sequence[str], form: Form) -> list[Issued | Refused]:
    """Return the identifier of each value, or why it gets none; equal values (normalised) have equal identifiers.

    Values that are new are stored encrypted. Raises ``crypto.identifier.field_unknown``,
    ``crypto.identifier.form_unfit``, ``crypto.identifier.full``, ``crypto.sealed``.
    """
    row = queries.field(session, field.department_id, field.name)
    kind = fitting(row, form)
    spelled = [rules.normalise(kind, value) for value in values]
    answers: dict[str, Issued | Refused] = {}
    wanted: list[str] = []
    for value in dict.fromkeys(spelled):
        reason = rules.fault(kind, value) or (None if rules.fits(form, value) else "unfit")
        if reason is None:
            wanted.append(value)
        else:
            answers[value] = Refused(reason)
    stored, created = store.keep(session, row, wanted)
    for value, identifier, fresh in zip(wanted, store.write(session, row, form, wanted, stored), created, strict=True):
        answers[value] = Issued(identifier, fresh)
    return [answers[value] for value in spelled]


def look_up(session: Session, field: Field, identifiers: Sequence[str]) -> list[Found]:
    """Return the value behind each identifier of the field, whatever its form; the batch never fails as a whole.

    Identifiers of another department or field take the same statements as unknown ones. Raises
    ``crypto.identifier.field_unknown``, ``crypto.sealed``.
    """
    row = queries.field(session, field.department_id, field.name)
    answers = [Found(Status.MALFORMED)] * len(identifiers)
    found: list[tuple[int, Stored]] = []
    for at, match in _matched(session, row, identifiers).items():
        answers[at] = Found(Status.UNKNOWN)
        if match is not None:
            found.append((at, match))
    opened = keyring_of(session).decrypt(
        scope_of(row.department_id), [(match.id, match.envelope) for _, match in found], session=session,
    )
    for (at, match), value in zip(found, opened, strict=True):
        if isinstance(value, bytes):
            answers[at] = Found(Status.FOUND, value.decode(), match)
        else:
            answers[at] = Found(Status.UNREADABLE)
    return answers


def known(session: Session, field: Field, identifiers: Sequence[str]) -> list[bool]:
    """Tell which texts are identifiers of the field, whatever their form; no value is decrypted.

    Raises ``crypto.identifier.field_unknown``, ``crypto.sealed``.
    """
    row = queries.field(session, field.department_id, field.name)
    matched = _matched(session, row, identifiers)
    return [matched.get(at) is not None for at in range(len(identifiers))]


def find(session: Session, field: Field, values: Sequence[str], form: Form = Form.NATIVE) -> list[Found]:
    """Return the identifier that each value has already, in a form; values without one are unknown, none is stored.

    Raises ``crypto.identifier.field_unknown``, ``crypto.identifier.form_unfit``, ``crypto.sealed``.
    """
    row = queries.field(session, field.department_id, field.name)
    kind = fitting(row, form)
    spelled = [rules.normalise(kind, value) for value in values]
    proper = [at for at, value in enumerate(spelled) if not rules.fault(kind, value) and rules.fits(form, value)]
    answers = [Found(Status.MALFORMED)] * len(values)
    matches = store.find(session, row, [spelled[at] for at in proper])
    known = [(at, match) for at, match in zip(proper, matches, strict=True) if match is not None]
    texts = store.write(session, row, form, [spelled[at] for at, _ in known], [match for _, match in known])
    for at in proper:
        answers[at] = Found(Status.UNKNOWN)
    for (at, match), text in zip(known, texts, strict=True):
        answers[at] = Found(Status.FOUND, text, match)
    return answers


def note(session: Session, actor: Actor, field: Field, form: Form, answers: Sequence[Issued | Refused]) -> None:
    """Put an issue on record: how many, never for what."""
    created = sum(isinstance(answer, Issued) and answer.created for answer in answers)
    refused = sum(isinstance(answer, Refused) for answer in answers)
    record(
        session, actor, action="crypto.identifier.issue", object_type="identifier_field", object_id=field.name,
        detail={"form": form, "values": len(answers), "created": created, "refused": refused},
        department_id=field.department_id,
    )


def fitting(row: IdentifierField, form: Form) -> Kind:
    """Return the kind of a field; raise ``crypto.identifier.form_unfit`` where it has no such identifiers."""
    kind = Kind(row.kind)
    if form is not Form.NATIVE and FORM_OF.get(kind) is not form:
        raise IDENTIFIER_FORM_UNFIT(name=row.name, form=form)
    return kind


def _matched(session: Session, row: IdentifierField, texts: Sequence[str]) -> dict[int, Stored | None]:
    """Return the row behind each text that has the form of an identifier, by its place; None where there is none."""
    return {
        at: match for form, places in _forms(texts).items()
        for at, match in zip(places, store.match(session, row, form, [texts[at] for at in places]), strict=True)
    }


def _forms(texts: Sequence[str]) -> dict[Form, list[int]]:
    """Return the places of texts by their form; what has none is left out."""
    forms: dict[Form, list[int]] = {}
    long = [at for at, text in enumerate(texts) if len(text) == codec.LENGTH]
    _, good = codec.unpack([texts[at] for at in long])
    native = [at for at, fine in zip(long, good.tolist(), strict=True) if fine]
    if native:
        forms[Form.NATIVE] = native
    for at, text in enumerate(texts):
        form = recognise(text) if len(text) != codec.LENGTH else None
        if form is not None:
            forms.setdefault(form, []).append(at)
    return forms
