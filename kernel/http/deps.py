"""What a handler may ask for, and how a route says who may call it."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session

from kernel.identity.actor import Actor


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


@dataclass(frozen=True)
class Page:
    """A page of a list: number from 1, at most 200 rows."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.number - 1) * self.size


def _page(
    page: Annotated[int, Query(ge=1, le=1_000_000, description="页码，从 1 起")] = 1,
    size: Annotated[int, Query(ge=1, le=200, description="每页行数，至多 200")] = 20,
) -> Page:
    return Page(page, size)


Session_ = Annotated[Session, Depends(_session)]
Actor_ = Annotated[Actor, Depends(_actor)]
Page_ = Annotated[Page, Depends(_page)]


def needs(permission: str | None) -> dict[str, Any]:
    """Say which permission a route needs; None: any signed-in user. Spread into the route decorator."""
    return {"openapi_extra": {"x-permission": permission or "signed-in"}}


def public(*, idempotency: Literal["answer", "service"] = "answer") -> dict[str, Any]:
    """Say that a route needs no sign-in.

    ``idempotency`` "service": the route's service looks after Idempotency-Key itself. Keys of callers whom only the
    handler can tell apart would be one caller's otherwise, and answered before a signature was checked.
    """
    own = {"x-idempotency": "service"} if idempotency == "service" else {}
    return {"openapi_extra": {"x-permission": "public", **own}}
