"""Use cases on departments and users."""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity import passwords, queries, rules
from kernel.identity.actor import Actor, require
from kernel.identity.errors import (
    DEPARTMENT_EXISTS,
    LAST_ADMIN,
    ROLE_UNKNOWN,
    USCC_INVALID,
    USER_EXISTS,
)
from kernel.identity.models import Department, Role, User, UserRole
from kernel.identity.roles import refuse_union

_PASSWORD_LETTERS = ("ABCDEFGHJKMNPQRSTUVWXYZ", "abcdefghjkmnpqrstuvwxyz", "23456789", "-_=+@#%")
_PRIVILEGED = {"system_admin", "security_admin", "auditor", "operator", "data_engineer"}
ADMIN_ROLES = ("system_admin", "security_admin", "auditor")


def create_department(
    session: Session,
    actor: Actor,
    *,
    name: str,
    kind: str,
    uscc: str | None = None,
    short_name: str | None = None,
    aliases: Sequence[str] = (),
    region: str | None = None,
    sort: int = 0,
) -> Department:
    """Open a department. Without a credit code it gets an internal code and counts as 待补; none is made up."""
    require(actor, "kernel.department.edit")
    if uscc is not None and not rules.uscc_valid(uscc):
        raise USCC_INVALID(code=uscc)
    if queries.department_by_name(session, name) is not None:
        raise DEPARTMENT_EXISTS(name=name)
    identity = ids.new()
    department = Department(
        id=identity, code=uscc or f"N-{identity.hex[-12:]}", uscc=uscc, name=name, short_name=short_name, kind=kind,
        region=region, aliases=list(aliases), sort=sort, valid_from=clock.now(), valid_to=None, version=1,
    )
    session.add(department)
    session.flush()
    detail = {"name": name, "kind": kind, "uscc": uscc}
    _audit(session, actor, "kernel.department.create", "department", identity, detail, identity)
    return department


def create_user(
    session: Session,
    actor: Actor,
    *,
    username: str,
    display_name: str,
    role_keys: Sequence[str],
    department_id: uuid.UUID | None = None,
    password: str | None = None,
) -> tuple[User, str]:
    """Open an account and return it with its one-time password, which must be changed at first sign-in."""
    require(actor, "kernel.user.edit")
    if queries.user_by_name(session, username) is not None:
        raise USER_EXISTS(username=username)
    one_time = password or generate_password()
    user = User(
        id=ids.new(), username=username, display_name=display_name, department_id=department_id,
        password_hash=passwords.hash_password(one_time), password_history=[], password_changed_at=clock.now(),
        must_change_password=True, active=True, failures=0, locked_until=None, last_seen_at=None,
        created_at=clock.now(), version=1,
    )
    session.add(user)
    session.flush()
    _set_roles(session, user, role_keys)
    detail = {"username": username, "roles": sorted(role_keys)}
    _audit(session, actor, "kernel.user.create", "user", user.id, detail, department_id)
    return user, one_time


def set_user_roles(session: Session, actor: Actor, *, user_id: uuid.UUID, role_keys: Sequence[str]) -> User:
    """Replace a user's roles, keeping the separation per person."""
    require(actor, "kernel.user.edit")
    user = _user(session, user_id)
    session.execute(delete(UserRole).where(UserRole.user_id == user_id))
    _set_roles(session, user, role_keys)
    user.version += 1
    _audit(session, actor, "kernel.user.roles", "user", user.id, {"roles": sorted(role_keys)}, user.department_id)
    return user


def disable_user(session: Session, actor: Actor, *, user_id: uuid.UUID) -> User:
    """Disable an account and end its sessions at once; the last holder of an administrator role stays."""
    require(actor, "kernel.user.edit")
    user = _user(session, user_id)
    for role in queries.roles_of(session, user_id):
        if role.key in ADMIN_ROLES and queries.active_holders(session, role.key) <= 1:
            raise LAST_ADMIN(role=role.name_zh)
    user.active, user.version = False, user.version + 1
    for login in queries.sessions_of(session, user_id):
        login.revoked_at = clock.now()
    _audit(session, actor, "kernel.user.disable", "user", user.id, {"username": user.username}, user.department_id)
    return user


def unlock_user(session: Session, actor: Actor, *, user_id: uuid.UUID) -> User:
    """Clear a lock; a department's administrator unlocks only its own people."""
    user = _user(session, user_id)
    require(actor, "kernel.user.unlock", department_id=user.department_id)
    user.failures, user.locked_until = 0, None
    _audit(session, actor, "kernel.user.unlock", "user", user.id, {"username": user.username}, user.department_id)
    return user


def reset_password(session: Session, actor: Actor, *, user_id: uuid.UUID) -> tuple[User, str]:
    """Issue a new one-time password and end the user's sessions."""
    require(actor, "kernel.user.edit")
    user = _user(session, user_id)
    one_time = generate_password()
    user.password_history = [*user.password_history, user.password_hash][-24:]
    user.password_hash = passwords.hash_password(one_time)
    user.must_change_password, user.password_changed_at = True, clock.now()
    for login in queries.sessions_of(session, user_id):
        login.revoked_at = clock.now()
    _audit(session, actor, "kernel.user.reset_password", "user", user.id, {}, user.department_id)
    return user, one_time


def password_profile(roles: Iterable[Role]) -> passwords.Profile:
    """Return the policy of a person by the strictest of the roles held."""
    return passwords.OPERATOR if any(role.key in _PRIVILEGED for role in roles) else passwords.OFFICER


def generate_password(length: int = 20) -> str:
    """Return a random password of four classes without letters that look alike."""
    while True:
        letters = "".join(_PASSWORD_LETTERS)
        text = "".join(secrets.choice(letters) for _ in range(length))
        if passwords.character_classes(text) == 4:
            return text


def _set_roles(session: Session, user: User, role_keys: Sequence[str]) -> None:
    united: frozenset[str] = frozenset()
    for key in sorted(set(role_keys)):
        role = queries.role_by_key(session, key)
        if role is None:
            raise ROLE_UNKNOWN(role=key)
        united |= frozenset(role.permissions)
        session.add(UserRole(user_id=user.id, role_id=role.id))
    refuse_union(united)
    session.flush()


def _user(session: Session, user_id: uuid.UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NOT_FOUND()
    return user


def _audit(
    session: Session, actor: Actor, action: str, kind: str, identity: uuid.UUID, detail: dict[str, Any],
    department_id: uuid.UUID | None = None,
) -> None:
    record(session, actor, action=action, object_type=kind, object_id=str(identity), detail=detail,
           department_id=department_id)
