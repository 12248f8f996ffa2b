"""The approval kind of look-ups above the quota, registered on import."""

from datetime import timedelta

from crypto.lookups import service
from kernel.approvals.registry import approval_kind

approval_kind(service.KIND, checker_permission=service.APPROVE, zh="超额人工查询", en="A look-up above the quota",
              valid_for=timedelta(days=1))
