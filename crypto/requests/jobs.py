"""The approval kinds of key operations, registered on import."""

from crypto.permissions import APPROVE
from crypto.requests import service
from crypto.requests.rules import COMPROMISE, KEK_ROTATE, POLICY
from kernel.approvals.registry import approval_kind

approval_kind(KEK_ROTATE, checker_permission=APPROVE, on_approved=service.change_kek,
              zh="更换部门主密钥", en="Change a KEK")
approval_kind(COMPROMISE, checker_permission=APPROVE, on_approved=service.compromise,
              zh="按泄露处置密钥", en="Treat a key as compromised")
approval_kind(POLICY, checker_permission=APPROVE, zh="更改解封方式", en="Change how the root is unsealed")
