"""Permissions of the crypto package and which standard roles hold them."""

from kernel.identity.permissions import Permission

APPROVE = "crypto.key.approve"
PERMISSIONS: tuple[Permission, ...] = (
    Permission("crypto.key.read", "查看密钥与加密范围", "Read keys and encryption scopes"),
    Permission("crypto.key.manage", "管理密钥（申请更换、解封）", "Manage keys (request rotations, unseal)"),
    Permission(APPROVE, "审批密钥操作", "Approve key operations"),
)

GRANTS: dict[str, tuple[str, ...]] = {
    "security_admin": ("crypto.key.read", "crypto.key.manage", APPROVE),
    "auditor": ("crypto.key.read",),
    "bureau_admin": ("crypto.key.read",),
    "supervisor": ("crypto.key.read",),
}
