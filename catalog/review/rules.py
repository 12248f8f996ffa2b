"""The state machine of a node, pure.

    draft ──submit──▶ pub_review ──approve──▶ published ──change──▶ change_draft ──submit──▶ change_review
      ▲                 │  │                     ▲  │                                        │   │
      └────recall───────┘  └─return─▶ pub_rejected  └─withdraw─▶ withdraw_review ─approve─▶ withdrawn

An approved change is published again as version + 1. Maker and checker are two persons; publishing needs the
secrecy review of exactly this content; the submitter may recall until a reviewer has opened the case.

A review state has one or two stages (a rule of the department); an approval before the last one keeps the state,
and each stage is decided by another person.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from catalog.errors import (
    ALREADY_OPENED,
    NOT_SUBMITTER,
    REASON_MISSING,
    SAME_PERSON,
    SECRECY_MISSING,
    STATE,
)
from catalog.review.errors import SAME_REVIEWER, SECRECY_REFUSED, SECRECY_SEPARATE, WRONG_STAGE

TRANSITIONS: Final[dict[tuple[str, str], str]] = {
    ("draft", "submit"): "pub_review",
    ("pub_rejected", "submit"): "pub_review",
    ("pub_review", "recall"): "draft",
    ("pub_review", "return"): "pub_rejected",
    ("pub_review", "approve"): "published",
    ("published", "change"): "change_draft",
    ("withdraw_rejected", "change"): "change_draft",
    ("change_draft", "change"): "change_draft",
    ("change_rejected", "change"): "change_draft",
    ("change_draft", "discard"): "published",
    ("change_rejected", "discard"): "published",
    ("change_draft", "submit"): "change_review",
    ("change_rejected", "submit"): "change_review",
    ("change_review", "recall"): "change_draft",
    ("change_review", "return"): "change_rejected",
    ("change_review", "approve"): "published",
    ("published", "withdraw"): "withdraw_review",
    ("withdraw_rejected", "withdraw"): "withdraw_review",
    ("withdraw_review", "recall"): "published",
    ("withdraw_review", "return"): "withdraw_rejected",
    ("withdraw_review", "approve"): "withdrawn",
}
SUBJECTS: Final[dict[str, str]] = {
    "pub_review": "publish", "change_review": "change", "withdraw_review": "withdraw",
}
"""What a case in each review state decides about."""

STATES: Final = frozenset(state for state, _ in TRANSITIONS) | frozenset(TRANSITIONS.values())
ACTIONS: Final[dict[str, tuple[str, str]]] = {
    "submit": ("提交审核", "submitted"), "recall": ("撤回", "recalled"), "return": ("退回", "returned"),
    "approve": ("审核通过", "approved"), "change": ("变更", "changed"), "discard": ("放弃变更", "discarded"),
    "withdraw": ("申请撤销", "withdrawn"),
}
STATUS_LABELS: Final[dict[str, str]] = {
    "draft": "草稿", "pub_review": "待审核", "pub_rejected": "已退回", "published": "已发布",
    "change_draft": "变更草稿", "change_review": "变更待审核", "change_rejected": "变更已退回",
    "withdraw_review": "撤销待审核", "withdraw_rejected": "撤销已退回", "withdrawn": "已撤销",
}


STAGES: Final[dict[str, tuple[str, str]]] = {
    "department": ("部门审核", "department review"), "bureau": ("数据局审核", "bureau review"),
    "either": ("审核", "review"),
}
"""Stages by token; ``either`` is decided by the department or the bureau."""

SEQUENCES: Final = (("either",), ("department",), ("bureau",), ("department", "bureau"))
"""The sequences of stages that a department's rule may name."""

_WHO: Final[dict[str, tuple[str, str]]] = {
    "department": ("本部门审核人", "the department"), "bureau": ("数据局审核人", "the bureau"),
    "either": ("本部门或数据局审核人", "the department or the bureau"),
}


@dataclass(frozen=True)
class Situation:
    """What a decision about one node rests on.

    ``makers`` are who submitted or edited the content, ``deciders`` who decided the stages before this one,
    ``in_charge`` whether the person belongs to this stage; ``secrecy_by`` concluded the 保密审查.
    """

    code: str
    status: str
    submitter: uuid.UUID | None = None
    makers: frozenset[uuid.UUID] = frozenset()
    opened: bool = False
    secrecy_passed: bool = False
    secrecy_refused: bool = False
    secrecy_by: uuid.UUID | None = None
    separate_secrecy: bool = False
    stage: str = "either"
    last_stage: bool = True
    in_charge: bool = True
    deciders: frozenset[uuid.UUID] = frozenset()


def in_charge(stage: str, *, of_department: bool, of_bureau: bool) -> bool:
    """Whether somebody decides a stage: ``of_department`` the node's department is his, ``of_bureau`` he sees all."""
    return {"department": of_department, "bureau": of_bureau, "either": of_department or of_bureau}[stage]


def next_state(code: str, status: str, action: str) -> str:
    """The state after ``action``; raises ``catalog.node.state`` when the state does not allow it."""
    after = TRANSITIONS.get((status, action))
    if after is None:
        raise STATE(code=code, status=STATUS_LABELS.get(status, status), action=ACTIONS[action][0])
    return after


def decide(situation: Situation, action: str, person: uuid.UUID | None, reason: str = "") -> str:
    """The state after recall, return or approve by ``person`` (None: the system, which is never a checker).

    Raises ``catalog.node.state``, ``catalog.review.not_submitter``, ``.already_opened``, ``.same_person``,
    ``.wrong_stage``, ``.same_reviewer``, ``.reason_missing``, ``.secrecy_missing``, ``.secrecy_refused`` or
    ``.secrecy_separate``.
    """
    after = next_state(situation.code, situation.status, action)
    if action == "recall":
        if person is None or person != situation.submitter:
            raise NOT_SUBMITTER(code=situation.code)
        if situation.opened:
            raise ALREADY_OPENED(code=situation.code)
        return after
    _check_person(situation, person)
    if action == "return":
        if not reason.strip():
            raise REASON_MISSING()
        return after
    if situation.separate_secrecy and situation.secrecy_by in {person, *situation.deciders} - {None}:
        raise SECRECY_SEPARATE(code=situation.code)
    if not situation.last_stage:
        return situation.status
    # a withdrawal publishes no content, so it needs no secrecy review
    if after == "published":
        _check_secrecy(situation)
    return after


def _check_person(situation: Situation, person: uuid.UUID | None) -> None:
    if person is None or person == situation.submitter or person in situation.makers:
        raise SAME_PERSON(code=situation.code)
    if person in situation.deciders:
        raise SAME_REVIEWER(code=situation.code)
    if not situation.in_charge:
        who, who_en = _WHO[situation.stage]
        raise WRONG_STAGE(code=situation.code, stage=STAGES[situation.stage][0], who=who, who_en=who_en)


def _check_secrecy(situation: Situation) -> None:
    if situation.secrecy_refused:
        raise SECRECY_REFUSED(code=situation.code)
    if not situation.secrecy_passed:
        raise SECRECY_MISSING(code=situation.code)


def available(situation: Situation, person: uuid.UUID | None) -> list[str]:
    """The actions that the state machine offers; whether a reviewer may is known only when he decides."""
    offered = [action for (state, action) in TRANSITIONS if state == situation.status]
    if "recall" in offered and (person != situation.submitter or situation.opened):
        offered.remove("recall")
    return sorted(offered)
