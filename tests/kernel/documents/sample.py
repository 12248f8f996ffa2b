"""A document that uses every block, with the names that people really type."""

import datetime
from decimal import Decimal

from kernel.documents.model import (
    Column,
    Document,
    Figure,
    Heading,
    KeyValues,
    PageBreak,
    Paragraph,
    Sheet,
    Signature,
    Table,
)

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|'/C calc'!A0"
LONG = "超长部门名称" * 33 + "末尾"
TYPST = "#import \"x\": * $a$ *粗* _斜_ `code` @ref <label> // 注释 \\ ~"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


def sample() -> Document:
    """Return the document."""
    return Document(
        title="西城区数据局2026年第4季度\n“上链”数据分析报告",
        issuer="目链",
        cover=(("报告编号", "0193-abc"), ("输入根", "a" * 64)),
        issued_on=datetime.date(2026, 12, 31),
        blocks=(
            Heading(1, "总体情况"),
            Paragraph("本季度共有数据目录四千四百三十二条，" * 8),
            Heading(2, "目录上链"),
            Heading(3, "分级情况"),
            Paragraph(f"{FORMULA} {SCRIPT} {TYPST} 😀 \x00\x07\u202eevil"),
            Table(
                (Column("序号", 1, "center", "number"), Column("目录名称", 6), Column("上链率", 2, "right")),
                tuple((i, LONG if i == 3 else f"目录{i}", Decimal("92.11")) for i in range(1, 60)),
                caption="表1 各级目录",
                note="注：分母为零时以“—”表示",
            ),
            KeyValues((("数据目录", "4432"), (SCRIPT, "35/38"))),
            Figure(PNG, None, "图1 趋势", "趋势图"),
            PageBreak(),
            Heading(1, "附件", numbered=False),
            Heading(1, "接口运行"),
            Signature("西城区数据局", datetime.date(2026, 12, 31), ("经办人：____",)),
        ),
        annex=(
            Sheet("指标[1]/一", (Column("名称"), Column("值", kind="number")), [(FORMULA, 5), ("＝1", Decimal("1.50"))]),
            Sheet("指标（1）／一", (Column("名称"),), [("+1",), ("-1",), ("@x",), ("\tx",), (10**15 + 1,), ("长" * 40_000,)]),
        ),
    )
