"""Pure rules of replacement: states of a job, the assessment of columns, what becomes of a value."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crypto.identifiers import codec
from crypto.identifiers.rules import FORM_OF, Form, Kind, fault, fits, normalise, recognise
from crypto.masking.rules import mask
from crypto.replacement.port import Facts, Slot

RUN, UNDO = "crypto.replacement.run", "crypto.replacement.undo"  # approvals, and the jobs that they start
CHECK, ANSWER = "crypto.replacement.check", "crypto.replacement.answer"
LENGTHS = {Form.NATIVE: codec.LENGTH, Form.ID18: 18, Form.PHONE11: 11}


class State(enum.StrEnum):
    """draft → checked → (two persons) → capturing → applying → done → (two persons) → undoing → undone; or dropped.

    An undo that left rows may be agreed to again.

    Offline: draft → (two persons) → packaged → answered → (two persons) → released.
    """

    DRAFT = "draft"
    CHECKED = "checked"
    CAPTURING = "capturing"
    APPLYING = "applying"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"
    PACKAGED = "packaged"
    ANSWERED = "answered"
    RELEASED = "released"


TITLES: dict[State, tuple[str, str]] = {
    State.DRAFT: ("待评估", "to be assessed"),
    State.CHECKED: ("已评估", "assessed"),
    State.CAPTURING: ("读取并签发", "reading and issuing"),
    State.APPLYING: ("替换中", "replacing"),
    State.DONE: ("已替换", "replaced"),
    State.UNDOING: ("撤销中", "undoing"),
    State.UNDONE: ("已撤销", "undone"),
    State.DROPPED: ("已作废", "dropped"),
    State.PACKAGED: ("离线包已生成", "package made"),
    State.ANSWERED: ("标识已回填", "answered"),
    State.RELEASED: ("撤销密钥已签发", "undo key released"),
}
UNDER_WAY = (State.CAPTURING, State.APPLYING, State.UNDOING)
UNKNOWABLE = {
    "zh": "业务程序中的 LIKE 模糊查询、ORDER BY 排序、substr 截取（如从身份证号取出生日期）、与其他库的关联无法由本系统得知，"
          "请开发单位逐项确认",
    "en": "LIKE, ORDER BY, substr and joins to other databases inside the department's programs cannot be known here; "
          "its developers must confirm them",
}


class Outcome(enum.StrEnum):
    """What becomes of a value."""

    REPLACE = "replace"
    EMPTY = "empty"
    LOOKALIKE = "lookalike"
    EXCEPTION = "exception"


@dataclass(frozen=True)
class Column:
    """A column of a job with its field's kind and form."""

    slot: Slot
    field: str
    kind: Kind
    form: Form
    mask: str


def needs_target(state: State, evidence: Mapping[str, Any] | None) -> bool:
    """Return whether a job of a database may still need it: one that is done as long as it can be undone."""
    kept = "undo_copy" in (evidence or {})
    if state is State.UNDONE:
        return kept and bool((evidence or {}).get("not_undone"))
    return kept if state is State.DONE else state not in (State.DROPPED, State.RELEASED)


def outcome(kind: Kind, form: Form, value: str | None) -> tuple[Outcome, str]:
    """Return what becomes of a value, and why where it stays."""
    if value is None:
        return Outcome.EMPTY, ""
    spelled = normalise(kind, value)
    if not spelled:
        return Outcome.EMPTY, ""
    if recognise(spelled) in (Form.NATIVE, form):
        return Outcome.LOOKALIKE, "identifier"
    reason = fault(kind, spelled) or ("" if fits(form, spelled) else "unfit")
    return (Outcome.EXCEPTION, reason) if reason else (Outcome.REPLACE, "")


def form_for(kind: Kind, facts: Sequence[Facts]) -> Form | None:
    """Return the form that all columns of a field can hold: native where they are wide enough, else the old shape."""
    narrowest = min((one.width for one in facts if one.width is not None), default=None)
    if narrowest is None or narrowest >= LENGTHS[Form.NATIVE]:
        return Form.NATIVE
    own = FORM_OF.get(kind)
    return own if own is not None and narrowest >= LENGTHS[own] else None


def obstacles(column: Column, facts: Facts, columns: Sequence[Column]) -> list[dict[str, str]]:
    """Return why a column cannot be replaced in a job over ``columns``: zh and en each; empty where it can."""
    found = []
    if not facts.text:
        found.append(_say(f"列类型 {facts.type} 不是文本", f"type {facts.type} is no text"))
    if facts.computed:
        found.append(_say("该列是生成列", "the column is generated"))
    if not facts.key:
        found.append(_say("表没有单列非空的主键或唯一键", "the table has no single key column that is never null"))
    if facts.width is not None and facts.width < LENGTHS[column.form]:
        found.append(_say(f"列宽 {facts.width} 放不下标识", f"{facts.width} characters hold no identifier"))
    for name, other in (*facts.parents, *facts.children):
        fields = [(one.field, one.form) for one in columns if _same(other, one.slot)]
        if not fields:
            found.append(_say(f"外键 {name} 的另一端 {other} 不在本任务内", f"foreign key {name} links {other}, not in this job"))
        elif fields != [(column.field, column.form)]:  # identifiers are those of a field
            found.append(_say(f"外键 {name} 的另一端 {other} 属于另一标识字段，两端的标识会不同",
                              f"foreign key {name} links {other}, which is of another field: its identifiers differ"))
    return found


def warnings(facts: Facts) -> list[dict[str, str]]:
    """Return what hangs on a column and has to be looked at before a run."""
    found = []
    for names, zh, en in (
        (facts.unique, "唯一索引：规格化后相同的值会冲突", "unique indexes: values that are equal once normalised collide"),
        (facts.checks, "检查约束：标识须能通过", "checks that identifiers must pass"),
        (facts.triggers, "触发器：替换会触发（外键暂停时 PostgreSQL 不触发）",
         "triggers fire (not on PostgreSQL while foreign keys are off)"),
        (facts.generated, "生成列：其值将随标识改变", "generated columns change with it"),
        (facts.views, "视图引用该列", "views read it"),
        (facts.indexes, "普通索引：替换后排序改变", "indexes: another order afterwards"),
        (tuple(name for name, _ in (*facts.parents, *facts.children)), "外键：替换期间在本会话暂停检查，前后核对孤儿行",
         "foreign keys: suspended in this session, orphans counted before and after"),
    ):
        if names:
            found.append(_say(f"{zh}：{'、'.join(names)}", f"{en}: {', '.join(names)}"))
    return found


def shown_key(column: Column, facts: Facts, columns: Sequence[Column], key: str) -> str:
    """Return the key of a row as it may be listed: masked where it is, or may be, sensitive itself.

    A text that is not the primary key is taken for sensitive, and so is what is spelled as a number of a person.
    """
    table = (column.slot.schema, column.slot.table, facts.key)
    own = next((one for one in columns if (one.slot.schema, one.slot.table, one.slot.column) == table), None)
    if own is not None:
        return mask(own.mask, key)
    personal = any(fits(form, normalise(kind, key)) for kind, form in FORM_OF.items())
    return key if facts.neutral and not personal else mask("all", key)


def order(columns: Sequence[tuple[Slot, Facts]]) -> list[int]:
    """Return the order of work: in each table the column that is its own key comes last, since it renames the rows."""
    return sorted(range(len(columns)), key=lambda at: (columns[at][1].key == columns[at][0].column, at))


def bound(replacement_id: str, checked: Mapping[str, Any] | None, forms: Mapping[str, str], decision: str | None,
          reason: str) -> dict[str, Any]:
    """Return what an approval of a run binds: this job as it was checked and decided."""
    counts = [[one["column"], one["form"], one["counts"]] for one in (checked or {}).get("columns", [])]
    return {"replacement_id": replacement_id, "forms": dict(forms), "decision": decision or "", "counts": counts,
            "reason": reason}


def _same(other: Slot, slot: Slot) -> bool:
    return (other.table, other.column) == (slot.table, slot.column) and slot.schema in ("", other.schema)


def _say(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}
