"""Writing, correcting and removing comments, and telling whom they concern."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from catalog.comments import queries, rules
from catalog.comments.errors import (
    AMBIGUOUS,
    BLIND,
    CONTROL,
    DELETED,
    EMPTY,
    NOT_OWN,
    PARENT,
    UNKNOWN,
)
from catalog.comments.models import CommentMention, CommentTrace, NodeComment
from catalog.comments.permissions import WRITE
from catalog.errors import PERSON_NEEDED
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS, LIVE, console_path
from catalog.permissions import READ, REVIEW
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.identity.models import User
from kernel.identity.sessions import actor_of_user
from kernel.notices.service import notify


def write(
    session: Session, actor: Actor, *, kind_key: str, node_id: uuid.UUID, body: str, parent_id: uuid.UUID | None = None
) -> NodeComment:
    """A comment or a reply on a node that the actor sees; who is named, answered or responsible gets a notice.

    Raises ``catalog.node.unknown``, ``catalog.comment.empty``, ``.control``, ``.parent``, ``.mention_ambiguous``
    and ``.mention_blind``.
    """
    require(actor, WRITE)
    if actor.user_id is None:
        raise PERSON_NEEDED()
    node = nodes.found(session, actor, kind_key, node_id)
    text = _text(body)
    parent = None if parent_id is None else _parent(session, parent_id, node_id)
    named = _named(session, actor, node, text)
    comment_id = ids.new()
    row = NodeComment(
        id=comment_id, node_kind=kind_key, node_id=node_id, root_id=parent.root_id if parent else comment_id,
        parent_id=parent_id, body=text, author_id=actor.user_id,
        author_name=queries.display_name(session, actor.user_id) or actor.name,
        author_department_id=actor.department_id, revision=1, created_at=clock.now(),
        audit_id=_audit(session, actor, "create", comment_id, node),
    )
    session.add(row)
    session.flush()
    session.add_all(CommentMention(comment_id=comment_id, user_id=user.id) for user in named)
    _tell(session, actor, row, node, parent, named)
    session.flush()
    return row


def edit(session: Session, actor: Actor, comment_id: uuid.UUID, body: str) -> NodeComment:
    """Change one's own comment; what it said before is kept. Only people named for the first time are told."""
    row, node = found(session, actor, comment_id)
    _require_own(actor, row)
    text = _text(body)
    if text == row.body:
        return row
    named = _named(session, actor, node, text)
    known = {user_id for user_id, _ in queries.mentioned(session, [row.id]).get(row.id, [])}
    row.audit_id = _keep(session, actor, row, node, "edit")
    row.body, row.revision, row.edited_at = text, row.revision + 1, clock.now()
    session.execute(delete(CommentMention).where(CommentMention.comment_id == row.id))
    session.add_all(CommentMention(comment_id=row.id, user_id=user.id) for user in named)
    _tell(session, actor, row, node, None, [user for user in named if user.id not in known])
    session.flush()
    return row


def remove(session: Session, actor: Actor, comment_id: uuid.UUID) -> None:
    """Delete one's own comment: its place stays so that replies keep theirs, its text only in the trace."""
    row, node = found(session, actor, comment_id)
    _require_own(actor, row)
    row.audit_id = _keep(session, actor, row, node, "delete")
    row.body, row.revision, row.deleted_at = "", row.revision + 1, clock.now()
    session.execute(delete(CommentMention).where(CommentMention.comment_id == row.id))
    session.flush()


def found(session: Session, actor: Actor, comment_id: uuid.UUID) -> tuple[NodeComment, Any]:
    """A comment and its node, for whoever sees the node."""
    row = queries.comment(session, comment_id)
    if row is None:
        raise UNKNOWN()
    return row, nodes.found(session, actor, row.node_kind, row.node_id)


def history(session: Session, actor: Actor, comment_id: uuid.UUID) -> list[CommentTrace]:
    """What a comment said before: for its author, and for whoever reviews the node's department."""
    row, node = found(session, actor, comment_id)
    if row.author_id != actor.user_id or actor.user_id is None:
        require(actor, REVIEW, department_id=node.department_id)
    return queries.traces(session, comment_id)


def _text(body: str) -> str:
    text = rules.clean(body)
    if not text:
        raise EMPTY()
    if not rules.printable(text):
        raise CONTROL()
    return text


def _parent(session: Session, parent_id: uuid.UUID, node_id: uuid.UUID) -> NodeComment:
    parent = queries.comment(session, parent_id)
    if parent is None or parent.node_id != node_id:
        raise PARENT()
    if parent.deleted_at is not None:
        raise DELETED()
    return parent


def _require_own(actor: Actor, row: NodeComment) -> None:
    require(actor, WRITE)
    if row.author_id is None or row.author_id != actor.user_id:
        raise NOT_OWN()
    if row.deleted_at is not None:
        raise DELETED()


def _named(session: Session, actor: Actor, node: Any, body: str) -> list[User]:
    """Whom the text names, each once; a name of several people means the one nearest, else it is refused."""
    mentions = rules.mentions(body)
    people = queries.people_named(session, (name for names in mentions for name in names))
    known = {user.display_name for user in people} | {user.username for user in people}
    chosen: dict[uuid.UUID, User] = {}
    for names in mentions:
        name = rules.pick(names, known)
        if name is not None:
            bearers = [user for user in people if name in (user.display_name, user.username)]
            user = _nearest(session, actor, node, name, bearers)
            chosen[user.id] = user
    return list(chosen.values())


def _nearest(session: Session, actor: Actor, node: Any, name: str, bearers: Sequence[User]) -> User:
    seeing = [user for user in bearers if _sees(session, user, node)]
    if not seeing:
        raise BLIND(name=name)
    exact = [user for user in seeing if user.username == name]
    for department_id in (node.department_id, actor.department_id):
        near = [user for user in seeing if user.department_id == department_id]
        if len(exact or near) == 1:
            return (exact or near)[0]
    if len(seeing) > 1:
        raise AMBIGUOUS(count=len(seeing), name=name, usernames="、".join(user.username for user in seeing))
    return seeing[0]


def _sees(session: Session, user: User, node: Any) -> bool:
    person = actor_of_user(session, user)
    return person.may(READ) and (node.status in LIVE or person.sees(node.department_id))


def _keep(session: Session, actor: Actor, row: NodeComment, node: Any, action: str) -> uuid.UUID:
    audit_id = _audit(session, actor, action, row.id, node)
    session.add(CommentTrace(
        id=ids.new(), comment_id=row.id, revision=row.revision, action=action, body=row.body, at=clock.now(),
        audit_id=audit_id,
    ))
    return audit_id


def _audit(session: Session, actor: Actor, verb: str, comment_id: uuid.UUID, node: Any) -> uuid.UUID:
    return record(
        session, actor, action=f"catalog.comment.{verb}", object_type="node_comment", object_id=str(comment_id),
        detail={"code": node.code}, department_id=node.department_id,
    )


def _tell(
    session: Session, actor: Actor, row: NodeComment, node: Any, parent: NodeComment | None, named: Sequence[User]
) -> None:
    """One notice a person: named, else answered; and the node's department for a comment from outside."""
    what_zh, what_en = f"{KINDS[row.node_kind].zh}「{node.name}」", f"{KINDS[row.node_kind].en} {node.name}"
    told: set[uuid.UUID | None] = {actor.user_id}

    def tell(zh: str, en: str, user_id: uuid.UUID | None = None, department_id: uuid.UUID | None = None) -> None:
        notify(
            session, user_id=user_id, department_id=department_id, body_zh=row.body[:500], body_en=row.body[:500],
            title_zh=f"{row.author_name}{zh}：{what_zh}"[:300],
            title_en=f"{row.author_name} {en}: {what_en}"[:300],
            url=console_path(row.node_kind, node.id, "comments"),
        )

    for user in named:
        if user.id not in told:
            tell("在评论中提到了您", "mentioned you", user_id=user.id)
            told.add(user.id)
    if parent is not None and parent.author_id is not None and parent.author_id not in told:
        tell("回复了您的评论", "replied to you", user_id=parent.author_id)
    if row.parent_id is None and row.revision == 1 and actor.department_id != node.department_id:
        tell("评论了本部门的目录", "commented on your department's node", department_id=node.department_id)
