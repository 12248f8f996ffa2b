"""移交清单: the list of a transfer as a document to sign and as a sheet."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.review.rules import STATUS_LABELS
from catalog.transfers import queries
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.rules import LABELS, effective
from kernel import clock
from kernel.approvals.models import Approval
from kernel.documents.model import Block, Cell, Column, Document, KeyValues, Paragraph, Sheet, Signature, Table
from kernel.documents.render import render
from kernel.identity.names import Names, names_of

_COLUMNS: Final = (
    Column("序号", 1, "center", "number"), Column("级别", 2), Column("编码", 4), Column("名称", 5),
    Column("状态", 2), Column("移交前版本", 1, "center", "number"), Column("移交后版本", 1, "center", "number"),
    Column("数据项/字段数", 1, "center", "number"),
)
_ORDER: Final = list(KINDS)


def handover(session: Session, row: NodeTransfer, form: str) -> bytes:
    """The 移交清单 as docx, pdf or xlsx; a transfer that is not done says so in its title."""
    nodes = list(session.scalars(queries.nodes(row.id)))
    held = queries.approvals(session, [row])
    names = names_of(session, [row.created_by, *(one.checker_id for one in held.values())])
    nodes.sort(key=lambda one: (_ORDER.index(one.node_kind), one.code))
    return render(_document(row, nodes, held, names, form), form)


def _document(
    row: NodeTransfer, nodes: Sequence[NodeTransferNode], approvals: Mapping[uuid.UUID, Approval], names: Names,
    form: str,
) -> Document:
    receiving = approvals.get(row.receive_approval_id) if row.receive_approval_id else None
    waiting = receiving or approvals.get(row.give_approval_id)
    state = LABELS[effective(row.state, waiting.expires_at if waiting else None, clock.now())]
    rows = tuple(_line(number, one) for number, one in enumerate(nodes, 1))
    head = KeyValues((
        ("编号", row.number), ("移出部门", row.from_name), ("接收部门", row.to_name), ("事由", row.reason),
        ("依据", row.basis), ("数量", f"{row.nodes_count} 条"), ("状态", state),
        ("提出", _by(names.of(row.created_by, row.created_name), row.created_at)),
        ("移出部门同意", _decided(approvals.get(row.give_approval_id), names)),
        ("接收部门同意", _decided(receiving, names)), ("清单摘要（SM3）", row.nodes_sm3),
    ))
    issued = clock.business_day(row.closed_at or row.created_at)
    title = "数据目录移交清单" if row.state == "done" else f"数据目录移交清单（{state}）"
    if form == "xlsx":
        sheet = Sheet("移交清单", _COLUMNS, rows, f"{row.number}　{row.from_name} → {row.to_name}　{state}")
        facts = Sheet("移交信息", (Column("项", 2), Column("内容", 8)), tuple(head.rows))
        return Document(title, (), issuer=row.from_name, issued_on=issued, annex=(sheet, facts))
    blocks: tuple[Block, ...] = (
        head, Paragraph("移交后目录编码不变，责任部门变更为接收部门；历史版本仍保留移出部门名称。"),
        Table(_COLUMNS, rows, caption="移交清单"),
        Signature(row.from_name, None, ("移出部门（盖章）：", "经办人：", "日期：")),
        Signature(row.to_name, None, ("接收部门（盖章）：", "经办人：", "日期：")),
    )
    return Document(title, blocks, issuer=row.from_name, issued_on=issued)


def _line(number: int, one: NodeTransferNode) -> tuple[Cell, ...]:
    return (
        number, KINDS[one.node_kind].zh, one.code, one.name, STATUS_LABELS.get(one.status, one.status),
        one.version or None, one.moved_version or None, one.children if KINDS[one.node_kind].child else None,
    )


def _by(name: str, when: datetime) -> str:
    return f"{name}　{clock.business_day(when)}"


def _decided(approval: Approval | None, names: Names) -> str:
    if approval is None or approval.decided_at is None:
        return ""
    return _by(names.of(approval.checker_id, approval.checker_name), approval.decided_at)
