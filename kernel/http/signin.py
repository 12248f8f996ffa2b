"""Turning a request's cookie or bearer token into an actor, before the handler runs."""

import secrets

from fastapi import Request

from kernel import clock
from kernel.errors import MulianError
from kernel.identity import passwords, sessions
from kernel.identity.actor import Actor, require
from kernel.identity.errors import CSRF, PASSWORD_CHANGE_REQUIRED, UNAUTHENTICATED
from kernel.identity.queries import roles_of
from kernel.identity.service import password_profile
from kernel.runtime import Runtime

COOKIE = "mulian_session"
CSRF_HEADER = "x-csrf-token"
BACKGROUND_HEADER = "x-background"
_ANONYMOUS = Actor(user_id=None, name="anonymous", kind="app")
# what a person may do before the one-time password is changed
_BEFORE_CHANGE = {"/api/v1/session", "/api/v1/session/password"}


def authenticate(request: Request, permission: str) -> None:
    """Set ``request.state.actor`` or raise 401/403. Runs in its own short unit, not in the handler's."""
    runtime: Runtime = request.app.state.runtime
    request.state.actor = _ANONYMOUS
    error = _identify(request, runtime)
    if permission == "public":
        return
    if error is not None:
        raise error
    if permission != "signed-in":
        require(request.state.actor, permission)


def _identify(request: Request, runtime: Runtime) -> MulianError | None:
    """Set the actor where the request proves one; return why not otherwise."""
    header = request.headers.get("authorization", "")
    if header.lower().startswith("bearer "):
        with runtime.database.read() as session:
            actor = sessions.actor_of_token(session, header[7:].strip())
        if actor is None:
            return UNAUTHENTICATED()
        request.state.actor = actor
        return None
    cookie = request.cookies.get(COOKIE)
    return UNAUTHENTICATED() if cookie is None else _by_cookie(request, runtime, cookie)


def _by_cookie(request: Request, runtime: Runtime, cookie: str) -> MulianError | None:
    with runtime.database.read() as session:
        found = sessions.actor_of_cookie(session, cookie)
        if found is None:
            return UNAUTHENTICATED()
        actor, login, user = found
        profile = password_profile(roles_of(session, user.id))
    safe = request.method in ("GET", "HEAD", "OPTIONS")
    if not safe and not secrets.compare_digest(request.headers.get(CSRF_HEADER, ""), login.csrf):
        return CSRF()
    must_change = user.must_change_password or passwords.expired(user.password_changed_at, clock.now(), profile)
    request.state.must_change_password = must_change
    request.state.csrf = login.csrf
    if must_change and request.url.path not in _BEFORE_CHANGE:
        return PASSWORD_CHANGE_REQUIRED()
    # a page that asks by itself is nobody's presence: a desk that was left idles out under an open tab
    if BACKGROUND_HEADER not in request.headers and sessions.needs_touch(login):
        runtime.database.run(lambda unit: sessions.touch(unit, login.id))
    request.state.actor = actor
    return None
