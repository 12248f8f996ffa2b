"""Permissions of the crypto package and which standard roles hold them."""

from kernel.identity.permissions import Permission

APPROVE = "crypto.key.approve"
REPLACE_APPROVE = "crypto.replacement.approve"
PERMISSIONS: tuple[Permission, ...] = (
    Permission("crypto.key.read", "查看密钥与加密范围", "Read keys and encryption scopes"),
    Permission("crypto.key.manage", "管理密钥（申请更换、解封）", "Manage keys (request rotations, unseal)"),
    Permission(APPROVE, "审批密钥操作", "Approve key operations"),
    Permission("crypto.identifier.read", "查看标识字段与批次", "Read identified fields and batches"),
    Permission("crypto.identifier.manage", "登记标识字段", "Declare identified fields"),
    Permission("crypto.identifier.issue", "签发标识", "Issue identifiers"),
    Permission("crypto.replacement.read", "查看业务库替换任务", "Read replacement jobs"),
    Permission("crypto.replacement.manage", "管理业务库登记与替换任务", "Manage databases and replacement jobs"),
    Permission(REPLACE_APPROVE, "审批替换与撤销", "Approve replacements and their undo"),
)

_IDENTIFIERS = "crypto.identifier.read"
_REPLACEMENTS = "crypto.replacement.read"

GRANTS: dict[str, tuple[str, ...]] = {
    "security_admin": ("crypto.key.read", "crypto.key.manage", APPROVE, _IDENTIFIERS, "crypto.identifier.manage",
                       _REPLACEMENTS, "crypto.replacement.manage", REPLACE_APPROVE),
    "auditor": ("crypto.key.read", _IDENTIFIERS, _REPLACEMENTS),
    "bureau_admin": ("crypto.key.read", _IDENTIFIERS, _REPLACEMENTS),
    "supervisor": ("crypto.key.read", _IDENTIFIERS, _REPLACEMENTS),
    "department_admin": (_IDENTIFIERS, _REPLACEMENTS),
    "data_engineer": (_IDENTIFIERS, "crypto.identifier.issue"),
}
