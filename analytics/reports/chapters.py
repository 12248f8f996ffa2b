"""The chapters of the quarterly report. A chapter without data says so in one sentence; nothing is invented."""

from analytics.figures.rules import BY_ID, NO_BASELINE
from analytics.figures.values import NONE
from analytics.reports import charts
from analytics.reports.context import Context, level_names, shown
from analytics.reports.problems import WORKDAYS, problems
from kernel.documents.model import Align, Column

_NUMBER: Align = "right"
_KPIS = ("catalog.published", "catalog.anchored_rate", "catalog.consistent_rate", "quality.required_rate",
         "quality.attached_rate", "gateway.success_rate")
_TOP = 15
KIND_OF_UNIT = {"bureau": "委办局", "street": "街道"}


def _indicator_rows(context: Context, rules: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
    rows = []
    for rule in rules:
        figure = context.figure(rule)
        fraction, text = shown(figure)
        unit = "" if figure.unit == "%" or figure.value is None else f" {figure.unit}"
        rows.append((BY_ID[rule].zh, fraction, text + unit, context.changed(figure)))
    return rows


def _indicator_table(context: Context, caption: str, rules: tuple[str, ...], note: str = "") -> None:
    columns = (Column("指标", 4), Column("分子/分母", 3, _NUMBER), Column("数值", 3, _NUMBER), Column("较上季度", 2, _NUMBER))
    context.table(caption, columns, _indicator_rows(context, rules), note or f"分母为零或无数据时记“{NONE}”。")


def overview(context: Context) -> None:
    """一、总体情况."""
    context.heading("总体情况")
    published, anchored = context.figure("catalog.published"), context.figure("catalog.anchored")
    rate, calls = context.figure("catalog.anchored_rate"), context.figure("gateway.calls")
    scope = f"全区 {len(context.units)} 个单位" if context.header.district else context.header.unit_name
    context.say(
        f"截至统计时点，{scope}共编制四级目录 {context.figure('catalog.nodes').text()} 条，已发布 {published.text()} 条，"
        f"其中现行版本已上链 {anchored.text()} 条；本季度新发布版本 {context.figure('catalog.publications').text()} 个，"
        f"接口调用 {calls.text()} 次。"
    )
    if rate.text() == NO_BASELINE:
        context.say(f"上链率：{NO_BASELINE}，本期不计算。")
    else:
        context.say(f"上链率为 {rate.text()}（{rate.fraction()}）。")
    _indicator_table(context, "主要指标", _KPIS)
    context.say("等级评定的权重尚未核定，本期不评等级。")


def catalog(context: Context) -> None:
    """二、目录上链."""
    context.heading("目录上链")
    if not context.count("catalog.nodes"):
        context.say("统计范围内没有目录条目。")
        return
    context.heading("分级情况", 2)
    rows = []
    for kind, name in level_names():
        nodes, published, anchored = (
            context.count(f"catalog.{rule}", kind) for rule in ("nodes", "published", "anchored")
        )
        rate = context.figure("catalog.anchored_rate", kind)
        text = rate.text() if rate.denominator else NO_BASELINE
        rows.append((name, nodes, published, anchored, rate.fraction() or NONE, text))
    columns = (Column("层级", 3), Column("条目数", 2, _NUMBER, "number"), Column("已发布", 2, _NUMBER, "number"),
               Column("已上链", 2, _NUMBER, "number"), Column("清单内上链/应上链", 3, _NUMBER), Column("上链率", 4, _NUMBER))
    context.table("四级目录发布与上链", columns, rows)
    series = [(title, [context.count(f"catalog.{rule}", kind) for kind, _ in level_names()])
              for title, rule in (("条目", "nodes"), ("已发布", "published"), ("已上链", "anchored"))]
    context.picture(charts.bars("四级目录发布与上链", [name for _, name in level_names()], series))
    _consistency(context)
    if context.header.district:
        _by_department(context)


def _consistency(context: Context) -> None:
    figure = context.figure("catalog.consistent_rate")
    context.heading("链库一致", 2)
    if figure.value is None:
        context.say("统计范围内没有已上链的现行版本，链库一致率不计算。")
    else:
        context.say(f"以链上读回的树根核对各条现行版本的摘要，一致 {figure.fraction()}，链库一致率 {figure.text()}。")


def _by_department(context: Context) -> None:
    context.heading("分单位情况", 2)
    context.say("排名只在同类单位之间进行，依已上链条目数、再依已发布条目数、再依部门代码排列。")
    columns = (Column("序", 1, "center", "number"), Column("单位", 6), Column("条目数", 2, _NUMBER, "number"),
               Column("已发布", 2, _NUMBER, "number"), Column("已上链", 2, _NUMBER, "number"), Column("上链率", 4, _NUMBER))
    best: list[tuple[str, int]] = []
    for kind in sorted({unit.kind for unit in context.units}):
        units = [unit for unit in context.units if unit.kind == kind]
        lines = []
        for unit in units:
            nodes, published, anchored = (
                context.count(f"catalog.{rule}", scope=unit.id) for rule in ("nodes", "published", "anchored")
            )
            lines.append((-anchored, -published, unit.code, unit, nodes))
            best.append((unit.name, anchored))
        lines.sort(key=lambda line: line[:3])
        rows = [
            (place, unit.name, nodes, -published, -anchored,
             context.figure("catalog.anchored_rate", scope=unit.id).text())
            for place, (anchored, published, _, unit, nodes) in enumerate(lines, 1)
        ]
        context.table(f"{KIND_OF_UNIT.get(kind, '其他单位')}目录上链", columns, rows)
    best.sort(key=lambda row: (-row[1], row[0]))
    if best and best[0][1]:
        context.picture(charts.ranking(f"已上链条目数（前 {min(_TOP, len(best))} 个单位）", best[:_TOP]))


def gateway(context: Context) -> None:
    """三、接口运行."""
    context.heading("接口运行")
    if not context.rows_of("interfaces") and not context.rows_of("calls"):
        context.say("统计范围内没有已发布的接口，也没有接口调用记录。")
        return
    _indicator_table(context, "接口运行", ("gateway.calls", "gateway.success_rate", "gateway.p95", "gateway.active_rate"))
    days = [(day, int(calls)) for day, calls in context.engine.rows(
        "SELECT day, sum(calls)::BIGINT FROM calls GROUP BY day ORDER BY day")]
    if days:
        context.picture(charts.line("每日接口调用次数", days))
    else:
        context.say("本季度没有接口调用记录。")
    context.say("接口可用率须由探测数据计算，本期冻结输入中没有探测数据，不计算。")


def quality(context: Context) -> None:
    """四、数据质量六性."""
    context.heading("数据质量六性")
    if not context.count("catalog.nodes"):
        context.say("统计范围内没有目录条目，六性不计算。")
        return
    rules = (("规范性", "quality.valid_rate"), ("完整性", "quality.required_rate"), ("准确性", "quality.accurate_rate"),
             ("一致性（目录内部）", "quality.consistent_rate"), ("一致性（市区比对）", ""),
             ("时效性", "quality.timely_rate"), ("可访问性", "quality.attached_rate"))
    rows = []
    for name, rule in rules:
        if rule:
            figure = context.figure(rule)
            rows.append((name, BY_ID[rule].numerator, BY_ID[rule].denominator, *shown(figure)))
        else:
            rows.append((name, NONE, NONE, NONE, NONE))
    columns = (Column("六性", 2), Column("分子", 4), Column("分母", 4), Column("分子/分母", 3, _NUMBER), Column("数值", 2, _NUMBER))
    context.table("数据质量六性", columns, rows, "准确性只及目录单元，数据行须有质量检测任务；市区一致性须有比对结果，本期无此类输入。")
    figure = context.figure("quality.four_level_rate")
    if figure.value is not None:
        context.say(f"四级完整率 {figure.text()}（{figure.fraction()}）：职责、系统、库表均已关联的数据目录占已发布数据目录的比例。")


def ledger(context: Context) -> None:
    """五、系统目录与底账核对."""
    context.heading("系统目录与底账核对")
    systems = context.count("catalog.nodes", "system")
    context.say(f"统计范围内有系统目录 {systems:,} 条。信息化项目底账未纳入本期冻结输入，底账对应率不计算。")


def chain(context: Context) -> None:
    """六、区块链应用."""
    context.heading("区块链应用")
    anchors = context.figure("chain.anchors")
    context.say(f"本季度上链存证 {anchors.text()} 条。")
    if context.header.district:
        if context.rows_of("minutes"):
            _indicator_table(context, "区块链运行", (
                "chain.height", "chain.blocks", "chain.transactions", "chain.tps", "chain.tps_peak",
                "chain.failed_rate"))
        else:
            context.say("本期冻结输入中没有本季度的区块，区块链运行指标不计算。")
    columns = context.figure("crypto.columns")
    if columns.numerator:
        _indicator_table(context, "字段加密", ("crypto.columns", "crypto.coverage", "crypto.overdue"))
    else:
        context.say("统计范围内没有登记的加密字段。")


def problem_list(context: Context) -> None:
    """七、问题清单及整改时限."""
    context.heading("问题清单及整改时限")
    found = problems(context)
    if not found:
        context.say("按本期规则未发现问题。")
        return
    rows = [
        (number, problem.level, problem.text, problem.advice, context.due(WORKDAYS[problem.level]))
        for number, problem in enumerate(found, 1)
    ]
    columns = (Column("序", 1, "center", "number"), Column("级别", 2, "center"), Column("问题", 9), Column("建议", 7),
               Column("整改时限", 5, "center"))
    days = "、".join(f"{level} {number} 个工作日" for level, number in WORKDAYS.items())
    context.table("问题清单", columns, rows, f"时限自签发日 {context.header.issued_on.isoformat()} 起按工作日历推算：{days}。")


def closing(context: Context) -> None:
    """八、上季整改闭环."""
    context.heading("上季整改闭环")
    if not context.previous:
        context.say("上季度没有本平台出具的报告，无可对照的事项。")
        return
    run = next(iter(context.previous.values()))[0]
    context.say(f"与上季度报告（编号 {run}）对照，主要指标变化如下。")
    rows = []
    for rule in _KPIS:
        figure = context.figure(rule)
        before = context.previous.get(figure.key, ("", None))[1]
        old = NONE if before is None else f"{before:,f}"
        rows.append((BY_ID[rule].zh, old, figure.text(), context.changed(figure)))
    columns = (Column("指标", 4), Column("上季度", 3, _NUMBER), Column("本季度", 3, _NUMBER), Column("变化", 2, _NUMBER))
    context.table("主要指标与上季度对照", columns, rows)


CHAPTERS = (overview, catalog, gateway, quality, ledger, chain, problem_list, closing)
