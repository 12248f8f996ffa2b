"""Use cases on roles: the standard ones and what a newer program offers them, edits, and the MAC of each row."""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from kernel import canonical, clock, ids
from kernel.audit.service import record
from kernel.errors import MATCH_STALE, NOT_FOUND
from kernel.identity import queries, registry
from kernel.identity.actor import Actor, require
from kernel.identity.errors import SEPARATION
from kernel.identity.models import Role, RoleOffer
from kernel.identity.permissions import ROLES, SEPARATED, separation_conflict
from kernel.notices.service import notify
from kernel.runtime import runtime_of

GRANTED: Final = "granted"
HELD: Final = "held"
WITHHELD: Final = "withheld"
_MARKS: Final = frozenset[str]().union(*SEPARATED.values())


def seed_roles(session: Session, actor: Actor, grants: Mapping[str, Iterable[str]]) -> None:
    """Create the standard roles that are missing, and offer the others what this program grants for the first time.

    A permission is offered to a role once (``role_offer``), so what the district took away stays away. Roles that a
    person made are left alone. What is granted or withheld is audited and told to the system administrators.
    """
    offered = queries.offers(session)
    told: list[str] = []
    for standard in ROLES:
        wanted = frozenset(grants.get(standard.key, ()))
        role = queries.role_by_key(session, standard.key)
        if role is None:
            role = Role(
                id=ids.new(), key=standard.key, name_zh=standard.zh, name_en=standard.en, scope=standard.scope,
                permissions=sorted(wanted), standard=True, mac=b"", version=1,
            )
            sign(session, role)
            session.add(role)
            _remember(session, standard.key, dict.fromkeys(wanted - offered.get(standard.key, set()), GRANTED))
        elif role.standard and (new := wanted - offered.get(role.key, set())):
            told += _offer(session, actor, role, new)
    session.flush()
    if told:
        notify(
            session, role="system_admin", url="/system/roles", severity="warning",
            title_zh="程序升级新增了权限，标准角色已相应调整", title_en="The upgrade brought permissions to the standard roles",
            body_zh="\n".join(told), body_en="\n".join(told),
        )


def _offer(session: Session, actor: Actor, role: Role, new: Set[str]) -> list[str]:
    """Offer permissions to one role; returns lines that say what became of them."""
    held = new & set(role.permissions)
    withheld = _withheld(session, role, new - held)
    granted = new - held - withheld
    outcomes = {**dict.fromkeys(held, HELD), **dict.fromkeys(withheld, WITHHELD), **dict.fromkeys(granted, GRANTED)}
    _remember(session, role.key, outcomes)
    if granted:
        role.permissions, role.version = sorted({*role.permissions, *granted}), role.version + 1
        sign(session, role)
    if granted or withheld:
        record(session, actor, action="kernel.role.offer", object_type="role", object_id=str(role.id),
               detail={"key": role.key, "added": sorted(granted), "withheld": sorted(withheld)})
    return [
        f"{role.name_zh} {role.name_en}：{word} {_named(some)}"
        for word, some in (("新增", granted), ("未授予（请核对角色后手工授予）", withheld)) if some
    ]


def _withheld(session: Session, role: Role, new: Set[str]) -> Set[str]:
    """What must not be granted by itself: all where the row was edited outside the program (signing it would hide
    that), and the marks of separated duties where the role or one of its holders would unite two.
    """
    if not role_authentic(session, role):
        return new
    sets = [frozenset(role.permissions), *queries.permissions_of_holders(session, role.id)]
    united = any(
        separation_conflict(held | new) is not None and separation_conflict(held) is None for held in sets
    )
    return new & _MARKS if united else frozenset()


def _named(permissions: Iterable[str]) -> str:
    names = {one.key: one.zh for one in registry.permissions()}
    return "、".join(f"{names.get(key, key)}（{key}）" for key in sorted(permissions))


def _remember(session: Session, role_key: str, outcomes: Mapping[str, str]) -> None:
    now = clock.now()
    rows = [
        {"role_key": role_key, "permission": permission, "outcome": outcome, "offered_at": now}
        for permission, outcome in sorted(outcomes.items())
    ]
    if rows:
        session.execute(insert(RoleOffer), rows)


def edit_role(session: Session, actor: Actor, *, role_id: uuid.UUID, permissions: Sequence[str], version: int) -> Role:
    """Replace a role's permission set; refuse one that unites two separated duties, in the role or in a holder."""
    require(actor, "kernel.role.edit")
    role = session.get(Role, role_id)
    if role is None:
        raise NOT_FOUND()
    if role.version != version:
        raise MATCH_STALE(current=role.version)
    wanted = frozenset(permissions)
    refuse_union(wanted)
    for others in queries.permissions_of_holders(session, role.id, without=True):
        refuse_union(wanted | others)
    before = role.permissions
    role.permissions, role.version = sorted(wanted), role.version + 1
    sign(session, role)
    session.flush()
    record(session, actor, action="kernel.role.edit", object_type="role", object_id=str(role.id), detail={
        "key": role.key, "added": sorted(set(role.permissions) - set(before)),
        "removed": sorted(set(before) - set(role.permissions)),
    })
    return role


def refuse_union(permissions: frozenset[str]) -> None:
    """Raise ``identity.role.separation`` when a permission set unites two of the three separated duties."""
    conflict = separation_conflict(permissions)
    if conflict is not None:
        raise SEPARATION(first=conflict[0], second=conflict[1])


def role_authentic(session: Session, role: Role) -> bool:
    """Tell whether the row carries the MAC of its content (a direct edit of the table breaks it)."""
    return secrets.compare_digest(role.mac, _mac(session, role))


def sign(session: Session, role: Role) -> None:
    """Give the row the MAC of its content."""
    role.mac = _mac(session, role)


def _mac(session: Session, role: Role) -> bytes:
    content = {"key": role.key, "scope": role.scope, "permissions": role.permissions}
    return runtime_of(session).box.mac("role", canonical.dumps(content))
