"""Errors of analysis and reports."""

from kernel.errors import define

RUN_NOT_FOUND = define(
    "analytics.run.not_found", 404, zh="没有编号为 {run} 的报告", en="No report run {run}",
    fix_zh="用 mulian report list 查看已有报告", fix_en="See mulian report list",
)
RUN_NOT_DONE = define(
    "analytics.run.not_done", 409, zh="报告 {run} 尚未生成完毕（{state}）", en="Report {run} is not finished ({state})",
    fix_zh="请等待生成任务结束", fix_en="Wait for its job to end",
)
PERIOD_FUTURE = define(
    "analytics.period.future", 422,
    zh="{year} 年第 {quarter} 季度尚未开始，没有可以统计的数据", en="Quarter {quarter} of {year} has not begun",
    fix_zh="请选择已开始的季度", fix_en="Choose a quarter that has begun",
)
DEPARTMENT_UNKNOWN = define(
    "analytics.department.unknown", 404, zh="没有代码或名称为「{department}」的部门", en="No department {department}",
    fix_zh="请核对部门代码", fix_en="Check the department's code",
)
ARTIFACT_NOT_FOUND = define(
    "analytics.artifact.not_found", 404, zh="报告 {run} 没有文件 {name}", en="Report {run} has no file {name}",
)
ARTIFACT_DAMAGED = define(
    "analytics.artifact.damaged", 409,
    zh="报告 {run} 的文件 {name} 与清单不符，已停止提供", en="File {name} of report {run} differs from its manifest",
    fix_zh="请运行 mulian report verify {run}，并用 mulian report reproduce {run} 重新生成",
    fix_en="Run mulian report verify {run}, then mulian report reproduce {run}",
)
FIGURE_NOT_FOUND = define(
    "analytics.figure.not_found", 404, zh="报告 {run} 没有数字 {key}", en="Report {run} has no figure {key}",
)
INPUT_INVALID = define(
    "analytics.input.invalid", 500, zh="冻结输入 {name} 的结构不符：{reason}", en="Frozen input {name}: {reason}",
)
VERIFY_FAILED = define(
    "analytics.verify.failed", 409,
    zh="报告 {run} 核验不通过：{count} 处不符，首个为 {first}", en="Report {run} failed verification: {count}, first {first}",
    fix_zh="请从备份恢复该报告，或重新生成一份", fix_en="Restore the report from backup or build a new one",
)
REPRODUCE_FAILED = define(
    "analytics.reproduce.failed", 500, zh="报告 {run} 复算进程失败：{reason}", en="Recomputing {run} failed: {reason}",
)
