"""The rotation's job and its approval kinds, registered on import."""

import uuid
from typing import Any

from crypto.permissions import APPROVE
from crypto.rotation import aborting, machine, service
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import ABORT_KIND, APPROVAL_KIND, STATE_TITLES, WAITING, RotationState
from kernel import clock
from kernel.approvals.registry import approval_kind
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job

approval_kind(
    APPROVAL_KIND, checker_permission=APPROVE, on_approved=service.start,
    zh="更换加密密钥", en="Rotate an encryption key",
)
approval_kind(
    ABORT_KIND, checker_permission=APPROVE, on_approved=aborting.begin,
    zh="中止密钥更换", en="Abort a rotation",
)


@job(service.JOB, zh="更换加密密钥", en="Rotate an encryption key", max_attempts=50)
def run_rotation(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry a rotation to the end, or of its window; run again after a crash it goes on where it stood."""

    def observe(rotation: CryptoRotation) -> None:
        ctx.check_cancelled()
        ctx.progress(rotation.done, rotation.total, STATE_TITLES[RotationState(rotation.state)][0])

    done = machine.run(ctx.runtime, ctx.actor, uuid.UUID(params["rotation_id"]), observe=observe)
    if done.waits_until:
        ctx.progress(done.done, done.total, WAITING[0])
    waits_until = done.waits_until and clock.iso(done.waits_until)
    return {"state": done.state, "waits_until": waits_until, "rows": done.done, "certificate": done.certificate}
