"""Every SELECT of identity."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from kernel.identity.models import (
    ApiToken,
    Department,
    IdempotencyKey,
    LoginSession,
    Role,
    RoleOffer,
    SignInFailure,
    User,
    UserRole,
)


def user_by_name(session: Session, username: str) -> User | None:
    """Return the account with this user name."""
    return session.scalar(select(User).where(User.username == username))


def roles_of(session: Session, user_id: uuid.UUID) -> list[Role]:
    """Return the user's roles, ordered by key."""
    query = select(Role).join(UserRole, UserRole.role_id == Role.id).where(UserRole.user_id == user_id)
    return list(session.scalars(query.order_by(Role.key)))


def roles_of_users(session: Session, user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Role]]:
    """Return the roles of many users in one query."""
    query = select(UserRole.user_id, Role).join(Role, UserRole.role_id == Role.id).where(UserRole.user_id.in_(user_ids))
    found: dict[uuid.UUID, list[Role]] = {user_id: [] for user_id in user_ids}
    for user_id, role in session.execute(query.order_by(Role.key)):
        found[user_id].append(role)
    return found


def role_by_key(session: Session, key: str) -> Role | None:
    """Return the role with this key."""
    return session.scalar(select(Role).where(Role.key == key))


def all_roles(session: Session) -> list[Role]:
    """Return every role, ordered by key."""
    return list(session.scalars(select(Role).order_by(Role.key)))


def offers(session: Session) -> dict[str, set[str]]:
    """Role key → every permission that was ever offered to the role."""
    found: dict[str, set[str]] = {}
    for key, permission in session.execute(select(RoleOffer.role_key, RoleOffer.permission)):
        found.setdefault(key, set()).add(permission)
    return found


def permissions_of_holders(session: Session, role_id: uuid.UUID, *, without: bool = False) -> set[frozenset[str]]:
    """The permission sets that the active holders of a role have, all their roles together or ``without`` this one."""
    holders = select(UserRole.user_id).join(User, User.id == UserRole.user_id).where(
        UserRole.role_id == role_id, User.active.is_(True)
    )
    query = select(UserRole.user_id, Role.id, Role.permissions).join(Role, Role.id == UserRole.role_id)
    found: dict[uuid.UUID, frozenset[str]] = {}
    for user_id, held_id, permissions in session.execute(query.where(UserRole.user_id.in_(holders))):
        more = frozenset[str]() if without and held_id == role_id else frozenset(permissions)
        found[user_id] = found.get(user_id, frozenset()) | more
    return set(found.values())


def session_by_digest(session: Session, digest: bytes) -> tuple[LoginSession, User] | None:
    """Return the unrevoked login session of a cookie digest with its active user."""
    query = (
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.token_digest == digest, LoginSession.revoked_at.is_(None), User.active.is_(True))
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def sessions_of(session: Session, user_id: uuid.UUID) -> list[LoginSession]:
    """Return the unrevoked sessions of a user, newest first."""
    query = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    return list(session.scalars(query.order_by(LoginSession.created_at.desc())))


def token_by_digest(session: Session, digest: bytes) -> tuple[ApiToken, User] | None:
    """Return the unrevoked API token of a digest with its active user."""
    query = (
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.token_digest == digest, ApiToken.revoked_at.is_(None), User.active.is_(True))
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def failures_since(session: Session, address: str, since: datetime) -> int:
    """Count the failed sign-ins of an address."""
    query = select(func.count()).select_from(SignInFailure)
    return session.scalar(query.where(SignInFailure.address == address, SignInFailure.at >= since)) or 0


def idempotent(session: Session, actor: str, route: str, key: str) -> IdempotencyKey | None:
    """Return the recorded answer of an Idempotency-Key."""
    query = select(IdempotencyKey).where(
        IdempotencyKey.actor == actor, IdempotencyKey.route == route, IdempotencyKey.key == key
    )
    return session.scalar(query)


def users(*, department_id: uuid.UUID | None, text: str | None) -> Select[Any]:
    """Build the list of users, newest last, narrowed by department and text."""
    query = select(User).order_by(User.username)
    if department_id is not None:
        query = query.where(User.department_id == department_id)
    if text:
        query = query.where(or_(User.username.contains(text), User.display_name.contains(text)))
    return query


def departments(*, kind: str | None, text: str | None) -> Select[Any]:
    """Build the list of departments in official order."""
    query = select(Department).order_by(Department.sort, Department.name)
    if kind:
        query = query.where(Department.kind == kind)
    if text:
        query = query.where(or_(Department.name.contains(text), Department.short_name.contains(text)))
    return query


def department_by_name(session: Session, name: str) -> Department | None:
    """Return the department with exactly this name."""
    return session.scalar(select(Department).where(Department.name == name))


def department_by_code(session: Session, code: str) -> Department | None:
    """Return the department with this code."""
    return session.scalar(select(Department).where(Department.code == code))


def active_holders(session: Session, role_key: str) -> int:
    """Count the active users that hold a role."""
    query = (
        select(func.count())
        .select_from(UserRole)
        .join(Role, Role.id == UserRole.role_id)
        .join(User, User.id == UserRole.user_id)
        .where(Role.key == role_key, User.active.is_(True))
    )
    return session.scalar(query) or 0
