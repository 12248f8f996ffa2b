"""If-Match of a node: who saw an older content is shown what changed, and may re-apply what clashes with nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from catalog.nodes import journal
from catalog.nodes.kinds import KINDS
from kernel.errors import MATCH_STALE, MulianError
from kernel.http import check_if_match

Values = Mapping[str, Any]
Children = Sequence[Mapping[str, Any]] | None


def checked(
    request: Request, session: Session, kind_key: str, node: Any, values: Values, children: Children, *, reapply: bool
) -> tuple[Values, Children]:
    """The values and children to write.

    If-Match missing is 428. An older one is 412 with ``params.changes`` (who, when, which fields) and ``params.fields``
    (base, theirs, yours, clash) — unless ``reapply`` is asked for and no field clashes: then what this editor himself
    changed is written over what is there now.
    """
    try:
        check_if_match(request, node.revision)
    except MulianError as error:
        if error.kind is not MATCH_STALE:
            raise
    else:
        return values, children
    found = journal.conflict(session, KINDS[kind_key], node, _seen(request, node.revision), values, children)
    if reapply and not found.clashes:
        return found.mine(values), children if found.mine_children else None
    raise MATCH_STALE(current=node.revision, **found.params())


def _seen(request: Request, current: int) -> int | None:
    """The revision that If-Match names, None where it never was one."""
    text = request.headers.get("if-match", "").strip().strip('"')
    seen = int(text) if text.isdecimal() and len(text) < 10 else 0
    return seen if 0 < seen < current else None
