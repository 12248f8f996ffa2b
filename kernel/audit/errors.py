"""Errors of the audit trail."""

from kernel.errors import define

BROKEN = define(
    "kernel.audit.broken", 500,
    zh="审计日志校验发现 {count} 处异常", en="The audit trail has {count} finding(s)",
    fix_zh="请保全现场，用 mulian audit verify 查看详情并报告安全管理员",
    fix_en="Keep everything as it is; see mulian audit verify and tell the security administrators",
)
