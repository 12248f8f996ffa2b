"""/crypto/self-check: answer, report, scan."""

from typing import Annotated, Literal

from fastapi import Query, Response

from crypto.selfcheck import report
from crypto.selfcheck.document import document
from crypto.selfcheck.jobs import JOB
from crypto.selfcheck.schemas import ScanQueued, SelfCheckOut
from kernel.documents.render import render
from kernel.http import Actor_, Session_, download, needs, router
from kernel.jobs.service import enqueue

api = router(prefix="/crypto/self-check", tags=["crypto"])
READ = "crypto.selfcheck.read"


@api.get("", **needs(READ))
def get_self_check(session: Session_, actor: Actor_) -> SelfCheckOut:
    """密评自查：加密字段、密钥、明文扫描结果与 GB/T 39786 逐项结论"""
    return SelfCheckOut.model_validate(report.build(session, actor))


@api.get("/report", response_class=Response, **needs(READ))
def get_report(
    session: Session_, actor: Actor_, form: Annotated[Literal["docx", "html", "pdf"], Query()] = "docx",
) -> Response:
    """密评自查报告，作为附件下载"""
    return download(render(document(report.build(session, actor)), form), f"密码应用安全自查报告.{form}")


@api.post("/scan", status_code=202, **needs("crypto.selfcheck.scan"))
def start_scan(session: Session_, actor: Actor_) -> ScanQueued:
    """开始明文扫描（后台任务）；结果进入审计并显示在自查中"""
    return ScanQueued(job_id=enqueue(session, actor, JOB, {}).id)
