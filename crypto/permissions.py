"""Permissions of the crypto package and which standard roles hold them."""

from kernel.identity.permissions import Permission

APPROVE = "crypto.key.approve"
REPLACE_APPROVE = "crypto.replacement.approve"
PERMISSIONS: tuple[Permission, ...] = (
    Permission("crypto.key.read", "查看密钥与加密范围", "Read keys and encryption scopes"),
    Permission("crypto.key.manage", "管理密钥（申请更换、解封）", "Manage keys (request rotations, unseal)"),
    Permission(APPROVE, "审批密钥操作", "Approve key operations"),
    Permission("crypto.selfcheck.read", "查看密评自查", "Read the self-check"),
    Permission("crypto.selfcheck.scan", "执行明文扫描", "Scan for clear text"),
    Permission("crypto.identifier.read", "查看标识字段与批次", "Read identified fields and batches"),
    Permission("crypto.identifier.manage", "登记标识字段", "Declare identified fields"),
    Permission("crypto.identifier.issue", "签发标识", "Issue identifiers"),
    Permission("crypto.lookup.run", "人工查询标识", "Look identifiers up as a person"),
    Permission("crypto.lookup.clear", "查询时查看明文", "See clear values in look-ups"),
    Permission("crypto.lookup.approve", "同意超额人工查询", "Agree to look-ups above the quota"),
    Permission("crypto.lookup.grant", "授予系统查询", "Grant look-ups to applications and departments"),
    Permission("crypto.lookup.audit", "查看查询日志、谁查过这个人", "Read the log of look-ups and who saw a person"),
    Permission("crypto.replacement.read", "查看业务库替换任务", "Read replacement jobs"),
    Permission("crypto.replacement.manage", "管理业务库登记与替换任务", "Manage databases and replacement jobs"),
    Permission(REPLACE_APPROVE, "审批替换与撤销", "Approve replacements and their undo"),
)

_IDENTIFIERS = "crypto.identifier.read"
_REPLACEMENTS = "crypto.replacement.read"
_SELFCHECK = "crypto.selfcheck.read"

GRANTS: dict[str, tuple[str, ...]] = {
    "security_admin": (
        "crypto.key.read", "crypto.key.manage", APPROVE, _IDENTIFIERS, "crypto.identifier.manage", _SELFCHECK,
        "crypto.selfcheck.scan", _REPLACEMENTS, "crypto.replacement.manage", REPLACE_APPROVE,
    ),
    "auditor": (_SELFCHECK, "crypto.key.read", _IDENTIFIERS, "crypto.lookup.audit", _REPLACEMENTS),
    "bureau_admin": (_SELFCHECK, "crypto.key.read", _IDENTIFIERS, "crypto.lookup.grant", _REPLACEMENTS),
    "supervisor": (_SELFCHECK, "crypto.key.read", _IDENTIFIERS, _REPLACEMENTS),
    "data_officer": (_IDENTIFIERS, "crypto.lookup.run", "crypto.lookup.clear"),
    "department_reviewer": (_IDENTIFIERS, "crypto.lookup.approve"),
    "department_admin": (_IDENTIFIERS, "crypto.lookup.grant", _REPLACEMENTS),
    "data_engineer": (_IDENTIFIERS, "crypto.identifier.issue"),
}
