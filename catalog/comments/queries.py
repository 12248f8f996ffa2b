"""Every SELECT of comments."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.comments.models import CommentMention, CommentTrace, NodeComment
from kernel.identity.models import Department, User


def comment(session: Session, comment_id: uuid.UUID) -> NodeComment | None:
    """One comment."""
    return session.get(NodeComment, comment_id)


def threads(
    session: Session, node_id: uuid.UUID, *, limit: int, offset: int
) -> tuple[list[NodeComment], dict[uuid.UUID, list[NodeComment]], int]:
    """First comments of threads, newest first; root → replies, oldest first; and how many threads there are."""
    first = (NodeComment.node_id == node_id, NodeComment.parent_id.is_(None))
    total = session.scalar(select(func.count()).select_from(NodeComment).where(*first)) or 0
    query = select(NodeComment).where(*first).order_by(NodeComment.created_at.desc(), NodeComment.id.desc())
    roots = list(session.scalars(query.limit(limit).offset(offset)))
    replies: dict[uuid.UUID, list[NodeComment]] = defaultdict(list)
    below = select(NodeComment).where(
        NodeComment.root_id.in_([root.id for root in roots]), NodeComment.parent_id.is_not(None)
    )
    for reply in session.scalars(below.order_by(NodeComment.created_at, NodeComment.id)):
        replies[reply.root_id].append(reply)
    return roots, replies, total


def count(session: Session, node_id: uuid.UUID) -> int:
    """Comments of a node that are not deleted."""
    where = (NodeComment.node_id == node_id, NodeComment.deleted_at.is_(None))
    return session.scalar(select(func.count()).select_from(NodeComment).where(*where)) or 0


def mentioned(session: Session, comment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    """Comment → (user, display name) of whom it names."""
    query = select(CommentMention.comment_id, User.id, User.display_name).join(User, User.id == CommentMention.user_id)
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = defaultdict(list)
    rows = session.execute(query.where(CommentMention.comment_id.in_(comment_ids)).order_by(User.username))
    for comment_id, user_id, name in rows:
        found[comment_id].append((user_id, name))
    return found


def traces(session: Session, comment_id: uuid.UUID) -> list[CommentTrace]:
    """What a comment said before, oldest first."""
    query = select(CommentTrace).where(CommentTrace.comment_id == comment_id)
    return list(session.scalars(query.order_by(CommentTrace.revision)))


def people_named(session: Session, names: Iterable[str]) -> list[User]:
    """Active users who bear one of the names, as display name or user name."""
    wanted = sorted(set(names))
    query = select(User).where(User.active.is_(True), or_(User.display_name.in_(wanted), User.username.in_(wanted)))
    return list(session.scalars(query.order_by(User.username))) if wanted else []


def department_names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Department → name."""
    wanted = {one for one in ids if one is not None}
    query = select(Department.id, Department.name).where(Department.id.in_(wanted))
    return dict(session.execute(query).tuples().all()) if wanted else {}


def display_name(session: Session, user_id: uuid.UUID) -> str:
    """The display name of a user."""
    return session.scalar(select(User.display_name).where(User.id == user_id)) or ""
