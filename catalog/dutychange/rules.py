"""What a plan must be, what goes where, and the states of a change and of its tasks. Pure.

    review ──approve──▶ done ◀──apply── scheduled        open ──answer──▶ done
       ├────schedule──▶ scheduled ──withdraw──▶ withdrawn   ▲──── reopen ────┘
       ├─────reject───▶ rejected └──lapse──▶ lapsed
       └────withdraw──▶ withdrawn

Consent to a change whose day has come applies it; consent to a later one schedules it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from catalog.dutychange.errors import ANSWER, FINAL, NOTE, PLAN, STATE, TASK_STATE
from catalog.review.rules import STATUS_LABELS

KINDS: Final = {
    "move": ("划转", "moved"), "merge": ("合并", "merged"), "split": ("拆分", "split"), "abolish": ("取消", "abolished"),
}
RELATIONS: Final = {"move": "moved", "merge": "merged", "split": "split"}
LABELS: Final = {
    "review": "待审核", "scheduled": "待生效", "done": "已生效", "rejected": "不同意", "withdrawn": "已撤回",
    "expired": "已过期", "lapsed": "未能生效",
}
ACTIONS: Final = {
    "approve": "审核", "schedule": "审核", "reject": "审核", "withdraw": "撤回", "secrecy": "登记保密审查",
    "apply": "生效", "lapse": "终止",
}
TRANSITIONS: Final = {
    ("review", "approve"): "done", ("review", "schedule"): "scheduled", ("review", "reject"): "rejected",
    ("review", "withdraw"): "withdrawn", ("scheduled", "apply"): "done", ("scheduled", "withdraw"): "withdrawn",
    ("scheduled", "lapse"): "lapsed",
}
PATIENCE: Final = timedelta(days=30)
"""How long after its day a blocked change is tried again."""

TASK_TRANSITIONS: Final = {("open", "answer"): "done", ("done", "reopen"): "open"}
TASK_LABELS: Final = {"open": "待核实", "done": "已核实"}
ANSWERS: Final = {
    "keep": ("核实无误，保持不变", "Checked, nothing changes"), "relink": ("已调整关联", "Links changed"),
    "change": ("已发起变更", "A change was started"), "transfer": ("已提出移交", "A transfer was proposed"),
    "withdraw": ("已申请撤销", "A withdrawal was applied for"), "other": ("其他", "Other"),
}


@dataclass(frozen=True)
class Part:
    """A duty that a change makes. ``entries``: the data of the sources that go to it; ``rest``: all that no part names.

    A merge may name a duty that exists instead (``into_id``).
    """

    name: str = ""
    department_id: uuid.UUID | None = None
    duty_type: str | None = None
    basis_doc: str | None = None
    basis_text: str | None = None
    office: str | None = None
    into_id: uuid.UUID | None = None
    entries: tuple[uuid.UUID, ...] = ()
    rest: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to happen to which duties, why, from when, and how many working days the tasks have."""

    kind: str
    sources: tuple[uuid.UUID, ...]
    reason: str
    basis: str
    effective_on: str
    department_id: uuid.UUID | None = None
    parts: tuple[Part, ...] = field(default=())
    workdays: int = 10


def check(plan: Plan) -> None:
    """Raise ``catalog.duty_change.plan`` for a plan that cannot be meant."""
    if plan.kind not in KINDS:
        raise _wrong("没有这种变更方式", "unknown kind")
    if not plan.sources or len(set(plan.sources)) != len(plan.sources):
        raise _wrong("原职责为空或重复", "sources are missing or repeated")
    try:
        date.fromisoformat(plan.effective_on)
    except ValueError as error:
        raise _wrong("生效日期须写成 2026-03-01", "the date must be like 2026-03-01") from error
    _CHECKS[plan.kind](plan)


def _wrong(zh: str, en: str) -> Exception:
    return PLAN(reason_zh=zh, reason_en=en)


def _check_move(plan: Plan) -> None:
    if plan.department_id is None or plan.parts:
        raise _wrong("划转须写明接收部门，不写新职责", "a move names its department and no parts")


def _check_merge(plan: Plan) -> None:
    if len(plan.sources) < 2 and not (plan.parts and plan.parts[0].into_id):
        raise _wrong("合并须有两项以上原职责", "a merge has two sources or more")
    if len(plan.parts) != 1:
        raise _wrong("合并须写明一项新职责", "a merge has one part")
    part = plan.parts[0]
    if (part.into_id is None) == (not part.name.strip()):
        raise _wrong("新职责须写名称，或选择并入的现有职责，二者择一", "a name or an existing duty, not both")
    if part.into_id in plan.sources:
        raise _wrong("并入的职责不能同时是原职责", "the duty merged into is a source too")


def _check_split(plan: Plan) -> None:
    if len(plan.sources) != 1 or len(plan.parts) < 2:
        raise _wrong("拆分须有一项原职责和两项以上新职责", "a split has one source and two parts or more")
    if any(not part.name.strip() or part.into_id for part in plan.parts):
        raise _wrong("拆分的新职责须写名称", "parts of a split have names")
    if sum(part.rest for part in plan.parts) > 1:
        raise _wrong("只能有一项新职责承接其余目录", "only one part takes the rest")
    if len({part.name.strip() for part in plan.parts}) != len(plan.parts):
        raise _wrong("新职责名称重复", "names of parts repeat")


def _check_abolish(plan: Plan) -> None:
    if plan.parts or plan.department_id is not None:
        raise _wrong("取消职责不产生新职责", "an abolition makes no duty")


_CHECKS: Final = {"move": _check_move, "merge": _check_merge, "split": _check_split, "abolish": _check_abolish}


def assign(plan: Plan, links: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> list[tuple[int, uuid.UUID]]:
    """(number of the part, entry) for every link from a source to its data: what goes to which new duty.

    A move has one part for each source. Raises ``catalog.duty_change.plan`` when a split names data that is not below,
    or leaves data to nobody.
    """
    if plan.kind == "abolish":
        return []
    if plan.kind == "move":
        return [(plan.sources.index(duty), entry) for duty, entry in links]
    entries = list(dict.fromkeys(entry for _, entry in links))
    if plan.kind == "merge":
        return [(0, entry) for entry in entries]
    named = {entry for part in plan.parts for entry in part.entries}
    if named - set(entries):
        raise _wrong("指定了不在原职责下的数据目录", "a part names data that is not below")
    rest = [entry for entry in entries if entry not in named]
    if rest and not any(part.rest for part in plan.parts):
        raise _wrong(f"还有 {len(rest)} 条数据目录没有归属", f"{len(rest)} data entries go to no part")
    found: list[tuple[int, uuid.UUID]] = []
    for number, part in enumerate(plan.parts):
        found += [(number, entry) for entry in (*dict.fromkeys(part.entries), *(rest if part.rest else ()))]
    return found


def blocked(status: str, held: str | None) -> tuple[str, str] | None:
    """Why a duty cannot be changed now, Chinese and English, or None."""
    if status != "published":
        return f"当前为「{STATUS_LABELS.get(status, status)}」", f"is {status}"
    if held is not None:
        return f"已在{held}中", f"is in {held}"
    return None


def next_state(number: str, state: str, action: str) -> str:
    """The state of a change after ``action``; raises ``.final`` for what took effect, else ``.state``."""
    after = TRANSITIONS.get((state, action))
    if after is None:
        if state == "done" and action == "withdraw":
            raise FINAL(number=number)
        raise STATE(number=number, state=LABELS[state], action=ACTIONS[action])
    return after


def next_task(code: str, state: str, action: str) -> str:
    """The state of a task after answer or reopen; raises ``catalog.duty_change.task_state``."""
    after = TASK_TRANSITIONS.get((state, action))
    if after is None:
        word = {"answer": "再次核实", "reopen": "重新打开"}[action]
        raise TASK_STATE(code=code, state=TASK_LABELS[state], action=word)
    return after


def check_answer(answer: str, note: str) -> None:
    """Raise unless ``answer`` is known and explained where it must be."""
    if answer not in ANSWERS:
        raise ANSWER(answer=answer, known="、".join(f"{key}（{zh}）" for key, (zh, _) in ANSWERS.items()))
    if answer == "other" and not note.strip():
        raise NOTE()


def effective(state: str, expires_at: datetime, now: datetime) -> str:
    """The state as readers see it: one that waits past its time is ``expired``."""
    return "expired" if state == "review" and expires_at <= now else state


def label(state: str, effective_on: str) -> str:
    """The state in words; a scheduled one says its day."""
    return f"将于 {effective_on} 生效" if state == "scheduled" else LABELS[state]


def is_later(effective_on: str, today: date) -> bool:
    """Whether a change waits for its day."""
    return date.fromisoformat(effective_on) > today


def lapses(effective_on: str, today: date, *, stale: bool) -> bool:
    """Whether a change that cannot be applied is given up: at once where it never can be, else after PATIENCE."""
    return not is_later(effective_on, today) and (stale or today > date.fromisoformat(effective_on) + PATIENCE)


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as it is stored and bound by the approval."""
    def part_json(part: Part) -> dict[str, Any]:
        return {
            "name": part.name, "department_id": _text(part.department_id), "duty_type": part.duty_type,
            "basis_doc": part.basis_doc, "basis_text": part.basis_text, "office": part.office,
            "into_id": _text(part.into_id), "entries": [str(one) for one in part.entries], "rest": part.rest,
        }

    return {
        "kind": plan.kind, "sources": [str(one) for one in plan.sources], "reason": plan.reason, "basis": plan.basis,
        "effective_on": plan.effective_on, "department_id": _text(plan.department_id),
        "parts": [part_json(part) for part in plan.parts], "workdays": plan.workdays,
    }


def plan_of(stored: Mapping[str, Any]) -> Plan:
    """The plan that :func:`plan_json` wrote."""
    parts = tuple(
        Part(**{
            **part, "department_id": _id(part["department_id"]), "into_id": _id(part["into_id"]),
            "entries": tuple(uuid.UUID(one) for one in part["entries"]),
        })
        for part in stored["parts"]
    )
    return Plan(**{
        **stored, "sources": tuple(uuid.UUID(one) for one in stored["sources"]),
        "department_id": _id(stored["department_id"]), "parts": parts,
    })


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def _id(value: str | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(value)
