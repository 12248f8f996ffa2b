"""What approvals and tasks send and take on the wire."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kernel import clock
from kernel.approvals import registry
from kernel.approvals.models import Approval
from kernel.approvals.rules import STATE_TITLES, ApprovalState
from kernel.approvals.service import may_decide
from kernel.http.wire import Title, Wire
from kernel.identity.actor import Actor
from kernel.identity.names import Names


class ApprovalOut(Wire):
    """An approval. ``digest`` binds kind and parameters; ``expired`` is by the clock of the server."""

    id: uuid.UUID
    kind: str
    kind_title: Title
    title: Title
    params: dict[str, Any]
    digest: Annotated[str, Field(examples=["sm3:1:66c7f0f4…"])]
    state: ApprovalState
    state_title: Title
    expired: bool
    object_type: str | None
    object_id: str | None
    department_id: uuid.UUID | None
    maker_name: Annotated[str, Field(description="姓名；非用户为系统记下的名称")]
    own: Annotated[bool, Field(description="本人提出的，须由他人办理")]
    may_decide: Annotated[bool, Field(description="您可以办理")]
    created_at: datetime
    expires_at: datetime
    checker_name: str | None
    opinion: str
    decided_at: datetime | None
    used_at: datetime | None


class ApprovalPage(Wire):
    items: list[ApprovalOut]
    total: int
    page: int
    size: int


class Decision(Wire):
    """Consent or refusal. A refusal needs an opinion; ``digest`` is what the checker saw."""

    approve: bool
    opinion: Annotated[str, Field(max_length=1000)] = ""
    digest: Annotated[str, Field(max_length=80)]


class TaskOut(Wire):
    """One thing that waits for the reader; ``due_at`` empty means no date."""

    source: str
    id: uuid.UUID
    title: Title
    created_at: datetime
    due_at: datetime | None
    from_name: str
    department_id: uuid.UUID | None
    url: str


class TaskPage(Wire):
    items: list[TaskOut]
    total: int
    page: int
    size: int


def approval_out(row: Approval, actor: Actor, names: Names) -> ApprovalOut:
    """The wire form of a row for its reader."""
    kind, state = registry.kinds().get(row.kind), ApprovalState(row.state)
    expired = state in (ApprovalState.PENDING, ApprovalState.APPROVED) and clock.now() >= row.expires_at
    return ApprovalOut(
        id=row.id, kind=row.kind, kind_title=Title(zh=kind.zh, en=kind.en) if kind else Title(zh=row.kind, en=row.kind),
        title=Title(zh=row.title_zh, en=row.title_en), params=row.params, digest=row.digest, state=state,
        state_title=Title(zh=STATE_TITLES[state][0], en=STATE_TITLES[state][1]),
        expired=expired, object_type=row.object_type, object_id=row.object_id, department_id=row.department_id,
        maker_name=names.of(row.maker_id, row.maker_name),
        own=actor.user_id is not None and actor.user_id == row.maker_id,
        may_decide=kind is not None and state is ApprovalState.PENDING and not expired and may_decide(actor, row),
        created_at=row.created_at, expires_at=row.expires_at,
        checker_name=names.of(row.checker_id, row.checker_name) or None, opinion=row.opinion,
        decided_at=row.decided_at, used_at=row.used_at,
    )
