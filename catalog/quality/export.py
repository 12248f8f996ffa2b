"""The failing cells as a workbook."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.nodes.kinds import KINDS
from catalog.quality import rules, views
from catalog.quality.schemas import Summary
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.xlsx import render

LIMIT = 200_000
"""Rows of an export; a longer list is cut, and the sheet says so."""

_COLUMNS = (
    Column("部门", 2), Column("层级"), Column("编码", 3), Column("名称", 4), Column("数据项/字段", 2), Column("单元", 2),
    Column("现值", 3), Column("规则", 4), Column("属性"), Column("怎么办", 4),
)


def workbook(rows: Iterable[Mapping[str, Any]], total: int, summary: Summary) -> bytes:
    """Two sheets: the figures with their numerators and denominators, and the failing cells."""
    cells = [views.failing(row, row["department"]) for row in rows]
    figures = [
        (rules.DIMENSIONS[one.dimension][0], one.zh, one.figure.numerator, one.figure.denominator, one.figure.text)
        for one in summary.rules
    ]
    heads = (Column("属性"), Column("规则", 4), Column("合格"), Column("总数"), Column("比率"))
    note = f"共 {total} 处" + (f"，仅导出前 {LIMIT} 处，请缩小范围后再导出" if total > LIMIT else "")
    listed = [
        (
            cell.department, KINDS[cell.node_kind].zh, cell.code, cell.name, cell.child_name or "", cell.label,
            cell.value, cell.rule_zh, rules.DIMENSIONS[cell.dimension][0], cell.fix_zh,
        )
        for cell in cells
    ]
    return render(Document(
        title="数据目录质量检查", blocks=(),
        annex=(Sheet("不合格单元", _COLUMNS, listed, note), Sheet("质量指标", heads, figures, "0 作分母时为「—」")),
    ))
