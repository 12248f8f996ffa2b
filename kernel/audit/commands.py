"""``mulian audit``: verification of the trail."""

import dataclasses

import typer

from kernel.audit.verify import Report, verify
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(help="审计日志 · audit trail", no_args_is_help=True)


@app.callback()
def main() -> None:
    """审计日志：校验完整性。"""


@app.command("verify")
def verify_command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """校验审计日志：发现被修改、删除、插入、调换、截断的行；有异常时退出码为 1。"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        report = verify(session, runtime.home)
    if as_json:
        output({"ok": report.ok, **dataclasses.asdict(report)}, True)
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    output(
        {
            "已封存行 sealed": report.sealed,
            "凭链上存证 anchored": report.by_anchor,
            "凭链头文件 audit.head": report.by_head_file,
            "仅凭链接与校验码 links and MACs only": report.by_links_only,
            "未封存（凭校验码与引用）unsealed, MACs and references": report.unsealed,
            "业务引用 references": report.references,
            "说明 limits": "最近约 1 秒内，操作与其审计行同时被删除的情形无法发现 · "
            "an action deleted together with its line within about the last second cannot be found",
        },
        False,
    )
    for note in report.notes:
        output(note, False)
    for finding in report.findings:
        output(f"✗ {finding.kind}: {finding.zh} · {finding.en} ({finding.audit_id or '-'})", False)
    verdict = "通过 intact" if report.ok else f"{report.total_findings} 处异常 finding(s)"
    output(f"结论 verdict: {verdict}", False)
