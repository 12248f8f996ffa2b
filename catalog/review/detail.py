"""What a reviewer sees of a case: both sides, what changed since the last round, which reasons are answered."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from catalog.nodes import content as contents
from catalog.nodes import diff
from catalog.nodes import queries as nodes
from catalog.nodes.content import Content
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.review import queries, reasons
from catalog.review.models import ReviewCase, ReviewStep, SecrecyReview
from catalog.review.rules import STAGES
from kernel import clock
from kernel.identity.names import Names, names_of


def case_detail(session: Session, case: ReviewCase) -> dict[str, Any]:
    """Both sides of a case, its stages and reasons, ready for the wire.

    An open case is compared as it stands; a returned one as it was returned; of an approved one the versions tell.
    """
    kind = KINDS[case.node_kind]
    row = nodes.rows(session, kind, [case.node_id])[case.node_id]
    before, after = _sides(session, kind, row, case)
    shown = [] if case.subject == "publish" and row["version"] == 0 else diff.fields(
        kind.fields, before.fields, after.fields
    )
    answered = reasons.answered_in(session, case.id)
    earlier = queries.round_before(session, case.node_id, case.submitted_at)
    steps, records = queries.steps(session, case.id), queries.secrecy_records(session, case.node_id)
    names = names_of(session, [
        earlier.decided_by if earlier else None, *(one.decided_by for one in steps),
        *(one.reviewer_id for one in records),
    ])
    return {
        "differences": shown, "children": diff.children(kind, before.children, after.children),
        "since_return": _since(kind, earlier, after, names),
        "answered": [one.reason for one in queries.returned(session, case.node_id) if one.reason],
        "reasons": reasons.shown(session, kind.key, answered),
        "returned_for": reasons.shown(session, kind.key, reasons.of_case(session, case.id)),
        "stages": stages(case, steps, names),
        "secrecy": [secrecy_shown(one, names) for one in records],
    }


def _sides(
    session: Session, kind: NodeKind, row: Mapping[str, Any], case: ReviewCase
) -> tuple[Content, Content]:
    node_id: uuid.UUID = row["id"]
    held = contents.published(kind, row, nodes.children(session, kind, [node_id])[node_id])
    before = held if row["version"] else Content({}, [])
    if case.content is not None:
        return before, Content(**case.content)
    if case.decision is not None:
        return before, held
    proposed = nodes.changes(session, [node_id]).get(node_id)
    return before, contents.overlaid(kind, held, proposed, row["status"])


def _since(kind: NodeKind, earlier: ReviewCase | None, after: Content, names: Names) -> dict[str, Any] | None:
    """What the resubmission changed; None where there was no return, or its content was not kept."""
    if earlier is None or earlier.content is None:
        return None
    before = Content(**earlier.content)
    return {
        "round": earlier.round, "returned_by": names.of(earlier.decided_by, earlier.decided_name) or None,
        "returned_at": clock.iso(earlier.decided_at) if earlier.decided_at else None,
        "differences": diff.fields(kind.fields, before.fields, after.fields),
        "children": diff.children(kind, before.children, after.children),
    }


def stages(case: ReviewCase, steps: list[ReviewStep], names: Names) -> list[dict[str, Any]]:
    """Each stage in order: decided by whom, when, with which opinion; waiting; or still to come."""
    done = {step.position: step for step in steps}
    found: list[dict[str, Any]] = []
    for position, token in enumerate(case.stages, start=1):
        step = done.get(position)
        one: dict[str, Any] = {"position": position, "stage": token, "label": STAGES[token][0], "state": "later"}
        if step is not None:
            one |= {
                "state": step.decision, "by": names.of(step.decided_by, step.decided_name),
                "at": clock.iso(step.decided_at), "opinion": step.opinion, "due_on": step.due_on,
            }
        elif case.decision is None and position == case.stage_no:
            one |= {"state": "waiting", "due_on": case.due_on, "due_pending": case.due_pending}
        found.append(one)
    return found


def secrecy_shown(one: SecrecyReview, names: Names) -> dict[str, Any]:
    """A secrecy review for the wire."""
    return {
        "reviewer": names.of(one.reviewer_id, one.reviewer_name), "conclusion": one.conclusion, "basis": one.basis,
        "revision": one.revision, "reviewed_at": clock.iso(one.reviewed_at),
    }
