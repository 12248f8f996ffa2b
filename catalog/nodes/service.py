"""Creating and editing nodes of any kind, with their children, codes, audit line and search document."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.codes import checks, history, profiles
from catalog.codes.rules import last_number
from catalog.codes.service import allocate
from catalog.errors import INVALID, NODE_UNKNOWN, STATE
from catalog.nodes import journal, queries
from catalog.nodes.content import jsonable as jsonable
from catalog.nodes.kinds import CHANGEABLE, EDITABLE, KINDS, NodeKind
from catalog.nodes.models import NodeChange
from catalog.nodes.rules import Problem, item_problems, problems, split
from catalog.permissions import EDIT
from catalog.review.rules import STATUS_LABELS, next_state
from catalog.search import service as search
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.identity.models import Department

_CHILD_DEFAULTS: dict[str, Any] = {
    "level": 1, "sensitive": False, "pii": False, "is_key": False, "nullable": True, "encrypted": False,
}


def kind_of(kind_key: str) -> NodeKind:
    """The kind, or ``catalog.node.unknown``."""
    kind = KINDS.get(kind_key)
    if kind is None:
        raise NODE_UNKNOWN(kind=kind_key)
    return kind


def found(session: Session, actor: Actor, kind_key: str, node_id: uuid.UUID, *, edit: str | None = None) -> Any:
    """The node, if the actor sees it; with ``edit`` the permission for an object of its department is needed."""
    kind = kind_of(kind_key)
    node = session.scalar(select(kind.model).where(kind.model.id == node_id, queries.visible(actor, kind.model)))
    if node is None:
        raise NODE_UNKNOWN(kind=kind.zh)
    if edit is not None:
        require(actor, edit, department_id=node.department_id)
    return node


def raise_first(found_problems: Sequence[Problem]) -> None:
    """Raise ``catalog.node.invalid`` in the words of the first problem; ``problems`` lists where each belongs."""
    if not found_problems:
        return
    first = found_problems[0]
    places = [
        {"field": one.field, "row": one.row, "zh": one.reason_zh, "en": one.reason_en} for one in found_problems[:200]
    ]
    raise INVALID(field=first.label, reason_zh=first.reason_zh, reason_en=first.reason_en, problems=places)


def new_code(session: Session, kind_key: str, org: str, *, front: str | None = None, parent: str | None = None) -> str:
    """The next code of a kind: class code and sequence where the entry has a class, else a provisional one."""
    patterns = profiles.patterns_in_force(session)
    if kind_key == "data_entry":
        scope = f"resource:{front}" if front else f"data_entry:{org}"
        return patterns.entry(org, front, allocate(session, scope)[0])
    if kind_key == "db_table":
        owner = parent or patterns.make("system", org, 0)
        return patterns.make(kind_key, owner, allocate(session, f"table:{parent or org}")[0])
    return patterns.make(kind_key, org, allocate(session, f"{kind_key}:{org}")[0])


def create(
    session: Session,
    actor: Actor,
    kind_key: str,
    values: Mapping[str, Any],
    *,
    department_id: uuid.UUID,
    children: Sequence[Mapping[str, Any]] = (),
    parent_code: str | None = None,
    source: str = "manual",
) -> Any:
    """A new draft with its own code; ``parent_code`` is the system of a table.

    Raises ``catalog.node.invalid``, ``identity.permission.denied`` or 404 for a foreign department.
    """
    kind = kind_of(kind_key)
    require(actor, EDIT, department_id=department_id)
    raise_first([
        *problems(kind_key, values), *_child_problems(kind_key, values, children), *checks.problems(session, values),
    ])
    department = session.get_one(Department, department_id)
    code = new_code(session, kind_key, department.code, front=values.get("class_code"), parent=parent_code)
    node_id, now = ids.new(), clock.now()
    audit_id = record(
        session, actor, action=f"catalog.{kind_key}.create", object_type=kind_key, object_id=str(node_id),
        detail={"code": code, "name": values["name"]}, department_id=department_id,
    )
    node = kind.model(
        **filled(kind, values), id=node_id, code=code, department_id=department_id, status="draft", revision=1,
        version=0, source=source, created_by=actor.user_id, created_at=now, updated_by=actor.user_id,
        updated_at=now, audit_id=audit_id,
    )
    if kind_key == "data_entry":
        node.online = False
    session.add(node)
    session.flush()
    write_children(session, kind, node, children)
    reindex(session, kind, [node])
    return node


def filled(kind: NodeKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Every editable field of a kind: the given value, else its default, else None."""
    defaults: dict[str, dict[str, Any]] = {
        "duty": {"duty_type": "other"},
        "data_entry": {
            "abstract": "", "keywords": [], "formats": [], "related_codes": [], "level": 1, "authoritative": False,
        },
        "system": {"phase": "in_use", "has_interface": False, "project_numbers": []},
        "db_table": {"kind": "business"},
    }
    given = {field: values[field] for field in kind.fields if values.get(field) is not None}
    return {**dict.fromkeys(kind.fields), **defaults[kind.key], **given}


def _child_problems(
    kind_key: str, values: Mapping[str, Any], children: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    child_key = {"data_entry": "data_item", "db_table": "db_column"}.get(kind_key)
    if child_key is None or not children:
        return []
    bad = [
        replace(problem, row=row) for row, child in enumerate(children) for problem in problems(child_key, child)
    ]
    return bad or (item_problems(values, list(children)) if kind_key == "data_entry" else [])


def write_children(session: Session, kind: NodeKind, node: Any, children: Sequence[Mapping[str, Any]]) -> None:
    """Make the children of a node exactly these, in this order; a child with a known id keeps its links."""
    if kind.child is None:
        return
    model, parent = kind.child.model, kind.child.parent
    known = {row.id: row for row in session.scalars(select(model).where(getattr(model, parent) == node.id))}
    kept = {uuid.UUID(str(child["id"])) for child in children if child.get("id")} & set(known)
    before = {row.id: row.code for row in known.values()}
    gone = [child_id for child_id in known if child_id not in kept]
    if gone:
        session.execute(delete(model).where(model.id.in_(gone)))
    # numbers and codes are unique, so they are first moved out of the way of each other
    for row in known.values():
        if row.id in kept:
            row.number, row.code = -row.number, f"{row.id}"
    session.flush()
    patterns = profiles.patterns_in_force(session)
    child_kind = str(model.__tablename__)
    # a number belongs to its item for good: others get one that no item of this node ever had
    above = max((last_number(code) for code in before.values()), default=0)
    fresh = iter(allocate(session, f"child:{node.id}", len(children) - len(kept), above=above))
    for number, child in enumerate(children, start=1):
        fields = {name: child.get(name, _CHILD_DEFAULTS.get(name)) for name in kind.child.fields}
        fields = {name: _CHILD_DEFAULTS.get(name) if value is None else value for name, value in fields.items()}
        child_id = uuid.UUID(str(child["id"])) if child.get("id") else None
        row = known.get(child_id) if child_id in kept and child_id is not None else None
        if row is None:
            row = model(id=ids.new(), **{parent: node.id})
            session.add(row)
        place = last_number(before[row.id]) if row.id in before else next(fresh)
        code = patterns.make(child_kind, node.code, place)
        for name, value in {**fields, "number": number, "code": code}.items():
            setattr(row, name, value)
    session.flush()
    moves = [(one, before[one], known[one].code, node.created_at) for one in before if one in kept]
    history.moved(session, child_kind, moves, "reclassified")


def edit(
    session: Session,
    actor: Actor,
    kind_key: str,
    node: Any,
    values: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]] | None = None,
) -> Any:
    """Change a draft in place, or write the proposed state of a published node into its open change.

    Ungoverned fields of a published node (:func:`catalog.nodes.rules.split`) change at once, also during a review.
    Raises ``catalog.node.state`` while a review is open and ``catalog.node.invalid``.
    """
    kind = kind_of(kind_key)
    require(actor, EDIT, department_id=node.department_id)
    known = {name: value for name, value in values.items() if name in kind.fields}
    # an old code that was right in its time stays; the tables judge what is new
    changed = {name: value for name, value in known.items() if value != getattr(node, name)}
    raise_first([*problems(kind_key, known), *checks.problems(session, changed)])
    given, at_once = split(kind_key, node.status, known)
    held = journal.held(session, kind, node, children=children is not None)
    refresh = bool(at_once) and not given and children is None
    if not refresh:
        _write_governed(session, actor, kind, node, given, children)
    if at_once:
        assign(session, kind, node, at_once)
    action = "refresh" if refresh else "edit"
    _note_edit(session, actor, kind, node, action, journal.replaced(kind, held, known, children), sorted(known))
    return node


def _write_governed(
    session: Session, actor: Actor, kind: NodeKind, node: Any, given: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]] | None,
) -> None:
    if node.status in EDITABLE:
        _edit_draft(session, kind, node, given, children)
    elif node.status in CHANGEABLE:
        _propose(session, actor, kind, node, given, children)
    else:
        raise STATE(code=node.code, status=STATUS_LABELS[node.status], action="修改")


def _note_edit(
    session: Session, actor: Actor, kind: NodeKind, node: Any, action: str, before: Mapping[str, Any],
    fields: Sequence[str],
) -> None:
    """The next revision with its audit line and the values it replaced."""
    node.revision += 1
    node.updated_at = clock.now()
    if action != "refresh":
        # who refreshed figures is no maker of the content that a reviewer decides about
        node.updated_by = actor.user_id
    node.audit_id = record(
        session, actor, action=f"catalog.{kind.key}.{action}", object_type=kind.key, object_id=str(node.id),
        detail={"code": node.code, "revision": node.revision, "fields": list(fields)},
        department_id=node.department_id,
    )
    journal.note(session, actor, kind, node, action, before)
    session.flush()


def _edit_draft(
    session: Session, kind: NodeKind, node: Any, given: Mapping[str, Any], children: Sequence[Mapping[str, Any]] | None
) -> None:
    leaves = _leaves_to_check(session, kind, node, given, children)
    merged = {name: given.get(name, getattr(node, name)) for name in kind.fields}
    raise_first(_child_problems(kind.key, merged, leaves))
    assign(session, kind, node, given)
    if children is not None:
        write_children(session, kind, node, children)
    reindex(session, kind, [node])


def _leaves_to_check(
    session: Session, kind: NodeKind, node: Any, given: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]] | None,
) -> Sequence[Mapping[str, Any]]:
    """The children that must still fit: those given, or the held ones where the entry itself becomes narrower."""
    if children is not None:
        return children
    if kind.key == "data_entry" and any(name in given for name in ("level", "share_type", "open_type")):
        return queries.children(session, kind, [node.id])[node.id]
    return ()


def assign(session: Session, kind: NodeKind, node: Any, given: Mapping[str, Any]) -> None:
    """Set the fields of a node; an entry that gets a class gets its resource code with it."""
    reclassed = kind.key == "data_entry" and given.get("class_code") not in (None, node.class_code)
    for name, value in filled(kind, {**{f: getattr(node, f) for f in kind.fields}, **given}).items():
        setattr(node, name, value)
    for name in given:
        if given[name] is None and kind.model.__table__.c[name].nullable:
            setattr(node, name, None)
    if reclassed:
        old = node.code
        node.code = new_code(session, kind.key, "", front=str(given["class_code"]))
        history.moved(session, kind.key, [(node.id, old, node.code, node.created_at)], "reclassified")
        recode_children(session, kind, node)
    session.flush()


def recode_children(session: Session, kind: NodeKind, node: Any) -> None:
    """Give the children codes that follow the node's."""
    held = queries.children(session, kind, [node.id])[node.id]
    write_children(session, kind, node, held)


def _propose(
    session: Session,
    actor: Actor,
    kind: NodeKind,
    node: Any,
    given: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]] | None,
) -> None:
    change = queries.change(session, node.id)
    held = dict(change.proposed) if change is not None else {}
    fields = {**dict(held.get("fields", {})), **jsonable(given)}  # type: ignore[call-overload]
    proposed: dict[str, Any] = {"fields": fields}
    items = children if children is not None else held.get("children")
    if items is not None:
        proposed["children"] = [jsonable(child) for child in items]  # type: ignore[attr-defined]
    merged = {**{name: getattr(node, name) for name in kind.fields}, **fields}
    leaves = _leaves_to_check(session, kind, node, fields, proposed.get("children"))
    raise_first(_child_problems(kind.key, merged, leaves))
    node.status = next_state(node.code, node.status, "change")
    if change is None:
        change = NodeChange(node_id=node.id, node_kind=kind.key, base_version=node.version)
        session.add(change)
    change.proposed, change.updated_by, change.updated_at = proposed, actor.user_id, clock.now()


def document(kind_key: str, row: Mapping[str, Any], ready: search.Ready | None = None) -> search.Document:
    """What of a node is searched; ``ready``: its texts but the code, worked out before by :func:`searched`."""
    code = str(row["code"])
    text = code if ready is not None else "\n".join(filter(None, (searched(row), code)))
    return search.Document(
        row["id"], kind_key, row["department_id"], code, row["name"], text, row.get("legacy_code"), ready
    )


def searched(row: Mapping[str, Any]) -> str:
    """The body of a node's document without its code, which comes last."""
    body = [row.get(name) for name in ("abstract", "basis_doc", "basis_text", "table_name", "short_name")]
    words = [*(row.get("keywords") or []), row.get("theme_text"), row.get("legacy_code")]
    return "\n".join(str(part) for part in (*body, *words) if part)


def reindex(session: Session, kind: NodeKind, nodes: Sequence[Any]) -> None:
    """Write the search documents of nodes anew."""
    columns = kind.model.__table__.c.keys()
    docs = [document(kind.key, {name: getattr(node, name) for name in columns}) for node in nodes]
    search.index(session, docs)
