"""七、问题清单: rules that turn figures into problems with evidence, advice and a deadline.

Working days by level are ours [本平台口径]: 高 3, 中 10, 低 20. A problem is never written without its numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analytics.figures.rules import NO_BASELINE
from analytics.figures.values import Figure
from analytics.reports.context import Context

WORKDAYS = {"高": 3, "中": 10, "低": 20}
_SUCCESS_FLOOR = 99


@dataclass(frozen=True)
class Problem:
    """One line of the list."""

    level: str
    text: str
    advice: str


def problems(context: Context) -> list[Problem]:
    """Return the problems of the report's scope, the graver first."""
    found = [problem for check in _CHECKS for problem in check(context)]
    return sorted(found, key=lambda problem: list(WORKDAYS).index(problem.level))


def _short_of(context: Context, rule: str, level: str, text: str, advice: str) -> Iterator[Problem]:
    figure = context.figure(rule)
    if figure.denominator and (figure.numerator or 0) < figure.denominator:
        missing = figure.denominator - (figure.numerator or 0)
        yield Problem(level, text.format(n=f"{missing:,}", fraction=figure.fraction(), value=figure.text()), advice)


def _baseline(context: Context) -> Iterator[Problem]:
    if context.figure("catalog.anchored_rate").text() == NO_BASELINE:
        yield Problem("中", f"{NO_BASELINE}，无法计算上链率。", "报送并核定本年度应上链清单。")
    yield from _short_of(
        context, "catalog.anchored_rate", "中", "应上链清单内有 {n} 条未上链（{fraction}，{value}）。", "补充发布并上链，或申请免上链。"
    )


def _anchoring(context: Context) -> Iterator[Problem]:
    missing = context.count("catalog.published") - context.count("catalog.anchored")
    if missing > 0:
        yield Problem("中", f"已发布条目中有 {missing:,} 条的现行版本尚未上链。", "检查上链任务，补齐存证。")
    yield from _short_of(
        context, "catalog.consistent_rate", "高", "有 {n} 条的数据库摘要与链上不一致（{fraction}，{value}）。",
        "立即核对版本与存证，查明改动来源。",
    )


def _quality(context: Context) -> Iterator[Problem]:
    yield from _short_of(context, "quality.required_rate", "中", "必填项缺 {n} 处（{fraction}，{value}）。", "按待补清单补齐必填项。")
    yield from _short_of(context, "quality.valid_rate", "中", "有 {n} 处取值不合规范（{fraction}，{value}）。", "按代码表更正取值。")
    yield from _short_of(
        context, "quality.accurate_rate", "中", "有 {n} 处核对不准确（{fraction}，{value}）。", "在「质量检查」中逐条核对更正。"
    )
    yield from _short_of(
        context, "quality.consistent_rate", "中", "有 {n} 处前后不一致（{fraction}，{value}）。", "在「质量检查」中逐条核对更正。"
    )
    yield from _short_of(
        context, "quality.timely_rate", "中", "有 {n} 条数据目录未按承诺周期更新（{fraction}，{value}）。",
        "更新数据，或如实填报本周期无变化。",
    )
    yield from _short_of(
        context, "quality.attached_rate", "低", "有 {n} 条数据目录未挂接接口或库表（{fraction}，{value}）。", "挂接可用的接口或库表。"
    )


def _gateway(context: Context) -> Iterator[Problem]:
    figure = context.figure("gateway.success_rate")
    if figure.value is not None and figure.value < _SUCCESS_FLOOR:
        yield Problem(
            "中", f"接口调用成功率 {figure.text()}（{figure.fraction()}），低于 {_SUCCESS_FLOOR}%。", "排查失败调用，联系数源系统。"
        )


def _keys(context: Context) -> Iterator[Problem]:
    overdue = context.count("crypto.overdue")
    if overdue:
        yield Problem("高", f"有 {overdue:,} 个字段密钥超过更换期限。", "安排密钥更换。")


def _chain(context: Context) -> Iterator[Problem]:
    if not context.header.district:
        return
    for engine, sealers in context.engine.rows("SELECT engine, sealers FROM chain_state ORDER BY chain_id"):
        if sealers < 2:
            name = f"区块链（{engine}）" if engine else "区块链"
            yield Problem(
                "中", f"{name}只有 {sealers} 个出块节点：能证明先后与完整，不能防范运营方自身。",
                "增设见证方，或迁移到多节点网络。",
            )
    failed: Figure = context.figure("chain.failed_rate")
    if failed.numerator:
        yield Problem("低", f"有 {failed.numerator:,} 笔交易执行失败（{failed.fraction()}）。", "核对失败交易的合约与账户。")


_CHECKS: tuple[Callable[[Context], Iterator[Problem]], ...] = (_baseline, _anchoring, _quality, _gateway, _keys, _chain)
