"""Giving out code numbers."""

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from catalog.codes.models import CodeCounter


def allocate(session: Session, scope: str, count: int = 1) -> range:
    """Take ``count`` consecutive numbers of a scope; numbers start at 1 and are never given twice.

    Numbers of a rolled-back transaction are free again, because nobody saw them.
    """
    if count < 1:
        return range(0)
    taken = (
        update(CodeCounter)
        .where(CodeCounter.scope == scope)
        .values(last=CodeCounter.last + count)
        .returning(CodeCounter.last)
        .execution_options(synchronize_session=False)
    )
    last = session.execute(taken).scalar_one_or_none()
    if last is None:
        session.execute(insert(CodeCounter).values(scope=scope, last=count))
        last = count
    return range(last - count + 1, last + 1)
