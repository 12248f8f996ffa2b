"""From a folder with frozen inputs to artefacts: pure, so that it gives the same bytes wherever it runs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analytics.figures.engine import DISTRICT, Engine
from analytics.figures.rules import BY_ID, KIND_ZH, RULES
from analytics.figures.values import Figure
from analytics.inputs.schemas import BY_NAME
from analytics.reports import environment
from analytics.reports.basis import ARTIFACTS, FIGURES, Basis
from analytics.reports.chapters import CHAPTERS
from analytics.reports.context import Context, open_context
from analytics.reports.header import Header
from kernel import canonical
from kernel.documents.model import Cell, Column, Document, KeyValues, PageBreak, Sheet, Signature
from kernel.documents.render import render
from kernel.files_atomic import write_atomic

Progress = Callable[[str], None]


def build(folder: Path, header: Header, inputs: Sequence[dict[str, Any]], progress: Progress) -> Basis:
    """Write every artefact into ``folder``, which holds the frozen inputs, and return what they rest on."""
    basis = Basis(header, inputs, environment.describe())
    with Engine(folder, header.bounds) as engine:
        progress("计算指标")
        units = [row[0] for row in engine.rows("SELECT department_id FROM departments ORDER BY sort, code")]
        wanted = units if header.district else [header.unit_id]
        figures = engine.figures(wanted, district=header.district)
        write_atomic(folder / FIGURES, canonical.dumps([figure.as_json() for figure in figures]) + b"\n")
        document = _document(open_context(header, figures, engine), basis, figures)
    for name, _ in ARTIFACTS:
        if name != FIGURES:
            progress(f"排版 {name}")
            write_atomic(folder / name, render(document, name.rsplit(".", 1)[1]))
    return basis


def _document(context: Context, basis: Basis, figures: Sequence[Figure]) -> Document:
    header = context.header
    for chapter in CHAPTERS:
        chapter(context)
    context.blocks.append(Signature(header.unit_name, header.issued_on, ("编制：　　　　　审核：　　　　　签发：",)))
    context.blocks.append(PageBreak())
    _annex(context, basis)
    return Document(
        title=header.title_lines, blocks=tuple(context.blocks), cover=_cover(basis), issuer="目链",
        issued_on=header.issued_on, annex=(_figure_sheet(context, figures), *_row_sheets(context)),
    )


def split_digest(digest: str) -> str:
    """Return a digest in two halves, so that print can part it between them."""
    return f"{digest[:32]} {digest[32:]}"


def _cover(basis: Basis) -> tuple[tuple[str, str], ...]:
    header, environ = basis.header, basis.environment
    return (
        ("统计单位", f"{header.unit_name}（{header.unit_code}）"),
        ("统计期间", header.period_text),
        ("统计时点", header.as_of_text),
        ("报告编号", header.run_id),
        ("输入根", split_digest(basis.input_root)),
        ("规则集", split_digest(environ["ruleset_sm3"])),
        ("程序", f"{environ['code_version']}　{split_digest(environ['code_sm3'])}"),
        ("字体", split_digest(environ["fonts_sha256"])),
    )


def _annex(context: Context, basis: Basis) -> None:
    context.heading("附件", numbered=False)
    context.heading("指标与口径", 2)
    rows = [(rule.zh, rule.numerator, rule.denominator or "—", rule.note) for rule in RULES
            if context.header.district or not rule.district_only]
    columns = (Column("指标", 4), Column("分子", 5), Column("分母", 5), Column("说明", 5))
    context.table("指标与口径", columns, rows, "每个数字的明细行见附表（xlsx）同名工作表。")
    context.heading("口径变更", 2)
    context.say("各指标规则均为第 1 版，没有口径变更。" if {rule.version for rule in RULES} == {1} else "本期规则版本见附表。")
    context.heading("数据来源与摘要", 2)
    sources = [
        (BY_NAME[item["name"]].zh, item["rows"], item["predicate"], split_digest(item["sm3"])) for item in basis.inputs
    ]
    columns = (Column("输入", 3), Column("行数", 2, "right", "number"), Column("取数条件", 4), Column("SM3", 7))
    context.table("冻结输入", columns, sources)
    context.heading("如何复算", 2)
    context.say(
        "本报告全部数字由上列冻结输入计算。在目链服务器上运行 mulian report reproduce 加报告编号，程序在新进程、空目录中"
        "仅凭清单、输入与程序重新生成各文件并逐字节比对；运行 mulian report verify 加报告编号，核对各文件摘要与运行根。"
    )
    context.blocks.append(KeyValues((("输入根", split_digest(basis.input_root)),)))


def _names(context: Context) -> dict[str, str]:
    return {unit.id: unit.name for unit in context.units} | {DISTRICT: context.header.unit_name}


def _figure_sheet(context: Context, figures: Sequence[Figure]) -> Sheet:
    names = _names(context)
    columns = (Column("编码", 4), Column("指标", 3), Column("范围", 3), Column("分组", 2), Column("分子", 2, kind="number"),
               Column("分母", 2, kind="number"), Column("数值", 2), Column("单位", 1), Column("明细行数", 2, kind="number"))
    rows: list[tuple[Cell, ...]] = [
        (figure.key, BY_ID[figure.rule].zh, names.get(figure.scope, figure.scope), KIND_ZH.get(figure.grp, figure.grp),
         figure.numerator, figure.denominator, figure.text(), figure.unit, figure.rows)
        for figure in figures
    ]
    return Sheet("全部数字", columns, rows, f"{context.header.title}　编号 {context.header.run_id}")


def _row_sheets(context: Context) -> list[Sheet]:
    """One sheet a rule with the rows behind its figures: their sums are the numerator and denominator."""
    names, sheets = _names(context), []
    columns = (Column("单位", 3), Column("分组", 2), Column("代码", 3), Column("名称", 6), Column("分子", 2, kind="number"),
               Column("分母", 2, kind="number"))
    for rule in RULES:
        if rule.district_only and not context.header.district:
            continue
        traces, total = context.engine.trace(rule, context.scope, "")
        if total:
            rows: list[tuple[Cell, ...]] = [
                (names.get(row.department_id, row.department_id), KIND_ZH.get(row.grp, row.grp), row.code, row.name,
                 row.num, row.den)
                for row in traces
            ]
            sheets.append(Sheet(rule.zh, columns, rows, f"{rule.id}　分子：{rule.numerator}　分母：{rule.denominator or '—'}"))
    return sheets
