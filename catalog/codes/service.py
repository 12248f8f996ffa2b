"""Giving out code numbers."""

from collections.abc import Mapping

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.codes.models import CodeCounter


def allocate_many(session: Session, counts: Mapping[str, int]) -> dict[str, range]:
    """Take numbers of several scopes at once, as :func:`allocate` does; scopes are locked in one order."""
    wanted = [{"scope": scope, "last": count} for scope, count in sorted(counts.items()) if count > 0]
    if not wanted:
        return {}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(CodeCounter).values(wanted)
    taken = statement.on_conflict_do_update(
        index_elements=[CodeCounter.scope], set_={"last": CodeCounter.last + statement.excluded.last}
    ).returning(CodeCounter.scope, CodeCounter.last)
    ends = dict(session.execute(taken).tuples().all())
    return {scope: range(ends[scope] - counts[scope] + 1, ends[scope] + 1) for scope in ends}


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
