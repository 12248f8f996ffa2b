"""Scheduled watch over keys: overdue ones and such that near their limit of uses."""

from typing import Any

from sqlalchemy.orm import Session

from crypto.keys import queries, rules
from crypto.keys.rules import KeyState
from crypto.scopes.rules import ENC
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job
from kernel.jobs.registry import schedule as every
from kernel.notices.service import notify

JOB = "crypto.key.watch"


def watch(session: Session) -> dict[str, int]:
    """Tell the security administrators once a day what is overdue or nearly used up; return the numbers."""
    now, late, worn = clock.now(), list[str](), list[str]()
    for dek, scope in session.execute(queries.listing(None, KeyState.ACTIVE)):
        name = f"#{dek.key_id} {scope.table_name}.{scope.column_name}"
        if dek.purpose == ENC and dek.activated_at and rules.overdue(dek.activated_at, scope.rotate_every_days, now):
            late.append(name)
        if dek.reserved >= rules.WARN_USES:
            worn.append(name)
    if late:
        notify(session, role="security_admin", severity="warning", url="/crypto/keys",
               title_zh=f"{len(late)} 个密钥超过更换周期", title_en=f"{len(late)} key(s) are overdue for rotation",
               body_zh="、".join(late[:20]), body_en=", ".join(late[:20]))
    if worn:
        notify(session, role="security_admin", severity="critical", url="/crypto/keys",
               title_zh=f"{len(worn)} 个密钥的使用次数超过 2^31，请尽快更换",
               title_en=f"{len(worn)} key(s) have passed 2^31 uses; rotate them soon",
               body_zh="、".join(worn[:20]), body_en=", ".join(worn[:20]))
    return {"overdue": len(late), "worn": len(worn)}


@job(JOB, zh="检查密钥周期与使用次数", en="Watch ages and uses of keys")
def run_watch(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Once a day."""
    return ctx.database.run(watch)


every(JOB, cron="30 8 * * *", missed="run_once")
