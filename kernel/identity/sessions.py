"""Signing in and out, and turning a cookie or a token into an actor."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3
from kernel.errors import MulianError
from kernel.identity import passwords, queries, rules
from kernel.identity.actor import Actor
from kernel.identity.errors import (
    ADDRESS_BLOCKED,
    CREDENTIALS_WRONG,
    LOCKED_OUT,
    PASSWORD_WEAK,
    UNAUTHENTICATED,
)
from kernel.identity.models import ApiToken, LoginSession, SignInFailure, User
from kernel.identity.service import password_profile

TOKEN_PREFIX = "mlt_"
_SEEN_STEP = timedelta(seconds=60)
NAME_LIMIT = 100
"""Letters of an actor's name: as many as the narrowest column that keeps one."""


@dataclass(frozen=True)
class SignedIn:
    """A new session: the cookie value leaves once, in a cookie that scripts cannot read."""

    cookie: str
    csrf: str
    user: User


def sign_in(
    session: Session, *, username: str, password: str, address: str, agent: str
) -> SignedIn | MulianError:
    """Check a password. Returns the error instead of raising it, because the failure must be committed too.

    An unknown name and a wrong password take the same path and time.
    """
    now = clock.now()
    if queries.failures_since(session, address, now - rules.ADDRESS_WINDOW) >= rules.ADDRESS_LIMIT:
        return ADDRESS_BLOCKED()
    user = queries.user_by_name(session, username)
    correct = passwords.matches(user.password_hash if user else None, password)
    if user is not None and user.locked_until is not None and user.locked_until > now:
        return LOCKED_OUT(minutes=max(1, -(-(user.locked_until - now).seconds // 60)))
    if user is None or not correct or not user.active:
        return _failed(session, user, address)
    user.failures, user.locked_until, user.last_seen_at = 0, None, now
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    login = LoginSession(
        id=ids.new(), token_digest=sm3(cookie.encode()), csrf=csrf, user_id=user.id, address=address[:64],
        agent=agent[:200], created_at=now, seen_at=now, revoked_at=None,
    )
    session.add(login)
    session.flush()
    _audit(session, actor_of_user(session, user, login), "kernel.session.open", user)
    return SignedIn(cookie, csrf, user)


def sign_out(session: Session, actor: Actor) -> None:
    """End the actor's session."""
    if actor.session_id is None:
        return
    login = session.get(LoginSession, actor.session_id)
    if login is not None and login.revoked_at is None:
        login.revoked_at = clock.now()


def change_password(session: Session, actor: Actor, *, old_password: str, new_password: str) -> User:
    """Change the own password under the person's policy; other sessions of the user end."""
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise UNAUTHENTICATED()
    if not passwords.matches(user.password_hash, old_password):
        raise PASSWORD_WEAK(reason_zh="原口令不正确", reason_en="the old password is wrong")
    profile = password_profile(queries.roles_of(session, user.id))
    passwords.check_policy(new_password, profile, forbidden=(user.username, user.display_name))
    passwords.check_history(new_password, [*user.password_history, user.password_hash], profile)
    user.password_history = [*user.password_history, user.password_hash][-profile.history :]
    user.password_hash = passwords.hash_password(new_password)
    user.password_changed_at, user.must_change_password = clock.now(), False
    for login in queries.sessions_of(session, user.id):
        if login.id != actor.session_id:
            login.revoked_at = clock.now()
    _audit(session, actor, "kernel.password.change", user)
    return user


def actor_of_cookie(session: Session, cookie: str) -> tuple[Actor, LoginSession, User] | None:
    """Return who holds the cookie, or None when the session is unknown, idle too long or revoked."""
    found = queries.session_by_digest(session, sm3(cookie.encode()))
    if found is None:
        return None
    login, user = found
    if not rules.session_alive(login.created_at, login.seen_at, clock.now()):
        return None
    return actor_of_user(session, user, login), login, user


def touch(session: Session, login_id: uuid.UUID) -> None:
    """Move a session's last-seen mark, at most once a minute so that reading does not write all the time."""
    login = session.get(LoginSession, login_id)
    if login is not None and clock.now() - login.seen_at >= _SEEN_STEP:
        login.seen_at = clock.now()


def needs_touch(login: LoginSession) -> bool:
    """Tell whether :func:`touch` would write."""
    return clock.now() - login.seen_at >= _SEEN_STEP


def actor_of_user(session: Session, user: User, login: LoginSession | None = None) -> Actor:
    """Return the actor that a user is with the roles of this moment."""
    roles = queries.roles_of(session, user.id)
    return Actor(
        user_id=user.id, name=user.username, department_id=user.department_id,
        permissions=frozenset(key for role in roles for key in role.permissions),
        scope="all" if any(role.scope == "all" for role in roles) else "own", kind="user",
        roles=tuple(role.key for role in roles), session_id=login.id if login else None,
    )


def issue_token(
    session: Session, actor: Actor, *, name: str, permissions: list[str], days: int = 90
) -> tuple[ApiToken, str]:
    """Issue a bearer token for the actor's own account, never with more than the actor holds."""
    if actor.user_id is None:
        raise UNAUTHENTICATED()
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=ids.new(), name=name, token_digest=sm3(secret.encode()), user_id=actor.user_id,
        permissions=sorted(set(permissions) & actor.permissions), expires_at=clock.now() + timedelta(days=days),
        revoked_at=None, created_at=clock.now(),
    )
    session.add(token)
    session.flush()
    record(session, actor, action="kernel.token.issue", object_type="api_token", object_id=str(token.id),
           detail={"name": name, "permissions": token.permissions, "days": days}, department_id=actor.department_id)
    return token, secret


def actor_of_token(session: Session, secret: str) -> Actor | None:
    """Return who holds a bearer token; its rights shrink with those of its user."""
    found = queries.token_by_digest(session, sm3(secret.encode()))
    if found is None or found[0].expires_at <= clock.now():
        return None
    token, user = found
    holder = actor_of_user(session, user)
    return Actor(
        user_id=user.id, name=f"{user.username}/{token.name}"[:NAME_LIMIT], department_id=user.department_id,
        permissions=frozenset(token.permissions) & holder.permissions, scope=holder.scope, kind="token",
        roles=holder.roles,
    )


def _failed(session: Session, user: User | None, address: str) -> MulianError:
    now = clock.now()
    session.add(SignInFailure(id=ids.new(), address=address[:64], at=now))
    if user is not None:
        user.failures += 1
        user.locked_until = rules.lock_until(user.failures, now) or user.locked_until
        if user.locked_until is not None:
            user.failures = 0
            system = Actor(user_id=None, name="system:sign-in", scope="all", kind="system")
            _audit(session, system, "kernel.account.lock", user)
    return CREDENTIALS_WRONG()


def _audit(session: Session, actor: Actor, action: str, user: User) -> None:
    record(session, actor, action=action, object_type="user", object_id=str(user.id),
           detail={"username": user.username}, department_id=user.department_id)
