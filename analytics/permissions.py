"""Permissions of analysis and reports."""

from kernel.identity.permissions import Permission

READ = "analytics.report.read"
BUILD = "analytics.report.build"

PERMISSIONS: tuple[Permission, ...] = (
    Permission(READ, "查阅分析报告", "Read analysis reports"),
    Permission(BUILD, "生成分析报告", "Build analysis reports"),
)
GRANTS: dict[str, tuple[str, ...]] = {
    "data_officer": (READ,),
    "department_reviewer": (READ,),
    "department_admin": (READ,),
    "bureau_admin": (READ, BUILD),
    "data_engineer": (READ, BUILD),
    "operator": (READ, BUILD),
    "auditor": (READ,),
    "leader": (READ,),
    "supervisor": (READ,),
}
