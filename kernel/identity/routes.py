"""Sign-in, departments, roles, users over HTTP."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from kernel.errors import MulianError
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, public, router, set_etag
from kernel.http.problems import problem
from kernel.http.signin import COOKIE
from kernel.identity import queries, registry, roles, service, sessions
from kernel.identity.models import Department, Role, User
from kernel.identity.schemas import (
    DepartmentBrief,
    DepartmentIn,
    DepartmentOut,
    DepartmentPage,
    Me,
    OneTimePassword,
    PasswordChange,
    PermissionOut,
    RoleBrief,
    RoleEdit,
    RoleList,
    RoleOut,
    SessionOut,
    SignIn,
    TokenIn,
    TokenOut,
    UserIn,
    UserOut,
    UserPage,
    UserRoles,
)
from kernel.runtime import runtime_of
from kernel.text import Plain

api = router(prefix="", tags=["identity"])


@api.post("/session", response_model=SessionOut, **public())
def sign_in(request: Request, response: Response, session: Session_, body: SignIn) -> Any:
    """Sign in with a password; the session travels in an HttpOnly cookie."""
    address = request.client.host if request.client else "?"
    agent = request.headers.get("user-agent", "")
    request.state.takes_secret = True
    outcome = sessions.sign_in(session, username=body.username, password=body.password, address=address, agent=agent)
    if isinstance(outcome, MulianError):
        request.state.commit_anyway = True  # the failure itself must be remembered
        return problem(request, outcome)
    secure = runtime_of(session).settings.cookie_secure
    response.set_cookie(COOKIE, outcome.cookie, httponly=True, samesite="strict", secure=secure, path="/")
    request.state.shows_secret = True
    return SessionOut(user=_me(session, outcome.user, outcome.user.must_change_password), csrf=outcome.csrf)


@api.get("/session", **needs(None))
def who_am_i(request: Request, session: Session_, actor: Actor_) -> SessionOut:
    """Return the signed-in person and the CSRF value of the session."""
    user = session.get(User, actor.user_id)
    assert user is not None
    must_change = getattr(request.state, "must_change_password", False)
    return SessionOut(user=_me(session, user, must_change), csrf=getattr(request.state, "csrf", ""))


@api.delete("/session", status_code=204, **needs(None))
def sign_out(response: Response, session: Session_, actor: Actor_) -> None:
    """End the session."""
    sessions.sign_out(session, actor)
    response.delete_cookie(COOKIE, path="/")


@api.post("/session/password", status_code=204, **needs(None))
def change_password(request: Request, session: Session_, actor: Actor_, body: PasswordChange) -> None:
    """Change the own password."""
    request.state.takes_secret = True
    sessions.change_password(session, actor, old_password=body.old_password, new_password=body.new_password)


@api.post("/session/tokens", status_code=201, **needs(None))
def issue_token(request: Request, session: Session_, actor: Actor_, body: TokenIn) -> TokenOut:
    """Issue a bearer token for machine use; the secret is shown once."""
    token, secret = sessions.issue_token(session, actor, name=body.name, permissions=body.permissions, days=body.days)
    request.state.shows_secret = True
    return TokenOut(id=token.id, name=token.name, permissions=token.permissions, expires_at=token.expires_at,
                    secret=secret)


@api.get("/departments", **needs(None))
def list_departments(
    session: Session_, page: Page_, kind: Plain | None = None, q: Annotated[Plain | None, Query(max_length=100)] = None
) -> DepartmentPage:
    """List departments in official order."""
    rows, total = paginate(session, queries.departments(kind=kind, text=q), page)
    items = [DepartmentOut.model_validate(row) for row in rows]
    return DepartmentPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/departments", status_code=201, **needs("kernel.department.edit"))
def create_department(session: Session_, actor: Actor_, body: DepartmentIn) -> DepartmentOut:
    """Open a department."""
    return DepartmentOut.model_validate(service.create_department(session, actor, **body.model_dump()))


@api.get("/roles", **needs("kernel.user.read"))
def list_roles(session: Session_) -> RoleList:
    """List roles and every permission they may hold."""
    rows = [_role(session, role) for role in queries.all_roles(session)]
    permissions = [PermissionOut(key=p.key, zh=p.zh, en=p.en) for p in registry.permissions()]
    return RoleList(items=rows, permissions=permissions)


@api.patch("/roles/{role_id}", **needs("kernel.role.edit"))
def edit_role(
    request: Request, response: Response, session: Session_, actor: Actor_, role_id: uuid.UUID, body: RoleEdit
) -> RoleOut:
    """Replace a role's permission set."""
    role = session.get(Role, role_id)
    check_if_match(request, role.version if role else 0)
    changed = roles.edit_role(session, actor, role_id=role_id, permissions=body.permissions,
                              version=role.version if role else 0)
    set_etag(response, changed.version)
    return _role(session, changed)


@api.get("/users", **needs("kernel.user.read"))
def list_users(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
    q: Annotated[Plain | None, Query(max_length=100)] = None,
) -> UserPage:
    """List accounts; a department's administrator sees only the own department."""
    if actor.scope == "own":
        department_id = actor.department_id
    rows, total = paginate(session, queries.users(department_id=department_id, text=q), page)
    roles = queries.roles_of_users(session, [row.id for row in rows])
    items = [_user(row, roles[row.id]) for row in rows]
    return UserPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/users", status_code=201, **needs("kernel.user.edit"))
def create_user(request: Request, session: Session_, actor: Actor_, body: UserIn) -> OneTimePassword:
    """Open an account; the one-time password is shown once."""
    user, password = service.create_user(
        session, actor, username=body.username, display_name=body.display_name, role_keys=body.roles,
        department_id=body.department_id,
    )
    request.state.shows_secret = True
    return OneTimePassword(user=_user(user, queries.roles_of(session, user.id)), one_time_password=password)


@api.put("/users/{user_id}/roles", **needs("kernel.user.edit"))
def set_roles(session: Session_, actor: Actor_, user_id: uuid.UUID, body: UserRoles) -> UserOut:
    """Replace a user's roles."""
    user = service.set_user_roles(session, actor, user_id=user_id, role_keys=body.roles)
    return _user(user, queries.roles_of(session, user.id))


@api.post("/users/{user_id}/disable", **needs("kernel.user.edit"))
def disable_user(session: Session_, actor: Actor_, user_id: uuid.UUID) -> UserOut:
    """Disable an account at once."""
    user = service.disable_user(session, actor, user_id=user_id)
    return _user(user, queries.roles_of(session, user.id))


@api.post("/users/{user_id}/unlock", **needs("kernel.user.unlock"))
def unlock_user(session: Session_, actor: Actor_, user_id: uuid.UUID) -> UserOut:
    """Clear a lock."""
    user = service.unlock_user(session, actor, user_id=user_id)
    return _user(user, queries.roles_of(session, user.id))


@api.post("/users/{user_id}/password", **needs("kernel.user.edit"))
def reset_password(request: Request, session: Session_, actor: Actor_, user_id: uuid.UUID) -> OneTimePassword:
    """Issue a new one-time password, shown once."""
    user, password = service.reset_password(session, actor, user_id=user_id)
    request.state.shows_secret = True
    return OneTimePassword(user=_user(user, queries.roles_of(session, user.id)), one_time_password=password)


def _me(session: Session, user: User, must_change: bool) -> Me:
    roles = queries.roles_of(session, user.id)
    department = session.get(Department, user.department_id) if user.department_id else None
    return Me(
        id=user.id, name=user.username, display_name=user.display_name,
        department=DepartmentBrief.model_validate(department) if department else None,
        roles=[RoleBrief.model_validate(role) for role in roles],
        permissions=sorted({key for role in roles for key in role.permissions}),
        scope="all" if any(role.scope == "all" for role in roles) else "own",
        must_change_password=must_change,
    )


def _user(user: User, roles: list[Role]) -> UserOut:
    return UserOut(
        id=user.id, username=user.username, display_name=user.display_name, department_id=user.department_id,
        roles=[RoleBrief.model_validate(role) for role in roles], active=user.active, locked_until=user.locked_until,
        last_seen_at=user.last_seen_at, must_change_password=user.must_change_password, version=user.version,
    )


def _role(session: Session, role: Role) -> RoleOut:
    return RoleOut(
        id=role.id, key=role.key, name_zh=role.name_zh, name_en=role.name_en, scope=role.scope,
        permissions=role.permissions, standard=role.standard, version=role.version,
        authentic=roles.role_authentic(session, role),
    )
