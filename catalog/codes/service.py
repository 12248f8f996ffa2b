"""Giving out code numbers."""

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.codes.models import CodeCounter


def allocate(session: Session, scope: str, count: int = 1, *, above: int = 0) -> range:
    """Take ``count`` consecutive numbers of a scope, each greater than ``above``; none is ever given twice.

    Numbers start at 1. Those of a rolled-back transaction are free again, because nobody saw them. One statement,
    so that two writers who open a scope at once do not meet: the second waits, or its unit is tried again.
    """
    if count < 1:
        return range(0)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    last = CodeCounter.last
    taken = (
        insert(CodeCounter)
        .values(scope=scope, last=above + count)
        .on_conflict_do_update(
            index_elements=[CodeCounter.scope],
            set_={"last": case((last < above, above), else_=last) + count},
        )
        .returning(CodeCounter.last)
    )
    end = session.execute(taken).scalar_one()
    return range(end - count + 1, end + 1)
