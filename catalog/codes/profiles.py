"""Profiles that a district loads: how other systems number code lists, and patterns of codes."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.codes import patterns
from catalog.codes.errors import PROFILE_BUILTIN, PROFILE_INVALID, PROFILE_UNKNOWN
from catalog.codes.lists import Numbers, code_lists, number_profiles, profile_names
from catalog.codes.models import CodeProfile
from catalog.permissions import CODES
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

KINDS: Final = ("numbers", "patterns")


def builtin() -> dict[str, dict[str, Any]]:
    """The built-in number profiles with their names."""
    return {key: {**names, "lists": number_profiles()[key]} for key, names in profile_names().items()}


def numbers(session: Session, key: str | None) -> Numbers | None:
    """The number profile of that name for ``lists.parse``; None for none.

    Raises ``catalog.codes.profile_unknown``.
    """
    if key is None:
        return None
    builtin = number_profiles().get(key)
    if builtin is not None:
        return builtin
    stored = _stored(session, "numbers", key)
    if stored is None:
        raise PROFILE_UNKNOWN(key=key, known="、".join([*number_profiles(), *_keys(session, "numbers")]))
    lists: Numbers = stored.body["lists"]
    return lists


def to_number(session: Session, key: str, list_key: str, token: str) -> str | None:
    """How the system of a profile writes a token, for what is handed to it; None where it has no number."""
    mapped = (numbers(session, key) or {}).get(list_key, {})
    found = [number for number, known in mapped.items() if known == token]
    return min(found, key=lambda number: (len(number), number)) if found else None


def patterns_in_force(session: Session) -> patterns.Patterns:
    """The patterns that new codes follow."""
    query = select(CodeProfile.body).where(CodeProfile.kind == "patterns", CodeProfile.active.is_(True))
    body = session.scalar(query)
    return patterns.Patterns({**patterns.DEFAULTS, **(body or {}).get("patterns", {})})


def stored(session: Session, kind: str | None = None) -> list[CodeProfile]:
    """Profiles that were loaded, by kind and key."""
    query = select(CodeProfile).order_by(CodeProfile.kind, CodeProfile.key)
    return list(session.scalars(query.where(CodeProfile.kind == kind) if kind else query))


def save(
    session: Session, actor: Actor, *, kind: str, key: str, zh: str, en: str, source: str, body: Mapping[str, Any]
) -> CodeProfile:
    """Add a profile or replace one of that name; a saved set of patterns is the one in force from now on.

    Raises ``catalog.codes.profile_invalid`` or ``profile_builtin``.
    """
    require(actor, CODES)
    if kind == "numbers" and key in number_profiles():
        raise PROFILE_BUILTIN(key=key)
    reason = _problem(kind, body) if kind in KINDS else (f"没有「{kind}」这类方案", f"there is no kind {kind}")
    if reason is not None:
        raise PROFILE_INVALID(reason_zh=reason[0], reason_en=reason[1])
    profile = _stored(session, kind, key)
    if profile is None:
        profile = CodeProfile(id=ids.new(), kind=kind, key=key, version=0)
    profile.zh, profile.en, profile.source, profile.body = zh, en, source, dict(body)
    profile.version, profile.updated_at, profile.active = profile.version + 1, clock.now(), True
    profile.audit_id = record(
        session, actor, action="catalog.codes.profile", object_type="code_profile", object_id=str(profile.id),
        detail={"kind": kind, "key": key, "version": profile.version, "source": source},
    )
    if kind == "patterns":
        for other in stored(session, kind):
            other.active = other.id == profile.id
    session.add(profile)
    session.flush()
    return profile


def _stored(session: Session, kind: str, key: str) -> CodeProfile | None:
    return session.scalar(select(CodeProfile).where(CodeProfile.kind == kind, CodeProfile.key == key))


def _keys(session: Session, kind: str) -> list[str]:
    return list(session.scalars(select(CodeProfile.key).where(CodeProfile.kind == kind).order_by(CodeProfile.key)))


def _problem(kind: str, body: Mapping[str, Any]) -> tuple[str, str] | None:
    if kind == "patterns":
        given = body.get("patterns")
        if not isinstance(given, dict) or not given:
            return "缺少 patterns", "patterns is missing"
        found = (patterns.problem(level, str(pattern)) for level, pattern in given.items())
        return next((reason for reason in found if reason is not None), None)
    lists = body.get("lists")
    if not isinstance(lists, dict) or not lists:
        return "缺少 lists", "lists is missing"
    for key, mapped in lists.items():
        if key not in code_lists():
            return f"没有代码表「{key}」", f"there is no code list {key}"
        if not isinstance(mapped, dict):
            return f"「{key}」须为编号到取值的对照", f"{key} must map numbers to tokens"
        for number, token in mapped.items():
            if not (number.isascii() and number.isdigit()):
                return f"「{number}」不是编号", f"{number} is not a number"
            if token not in code_lists()[key].values:
                return f"「{token}」不在代码表「{key}」中", f"{token} is not in {key}"
    return None
