"""Verification as a job, nightly and on request."""

import dataclasses
from typing import Any

from kernel.audit.verify import verify
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.notices.service import notify


@job("kernel.audit.verify", zh="校验审计日志", en="Verify the audit trail", max_attempts=1)
def verify_trail(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Verify everything; findings go to the auditors and security administrators."""
    with ctx.database.read() as session:
        report = verify(session, ctx.runtime.home)
    if not report.ok:
        ctx.log(f"{report.total_findings} finding(s)", "error")
        ctx.database.run(lambda session: [
            notify(
                session, role=role, severity="critical", url="/system/audit",
                title_zh=f"审计日志校验发现 {report.total_findings} 处异常",
                title_en=f"The audit trail has {report.total_findings} finding(s)",
            )
            for role in ("auditor", "security_admin")
        ])
    return {"ok": report.ok, **dataclasses.asdict(report)}


schedule("kernel.audit.verify", cron="10 2 * * *", missed="run_once")
