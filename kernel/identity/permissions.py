"""Permissions and the standard roles. A role is a row that may be copied and edited; these are its seeds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """One thing that may be done: key ``package.feature.verb`` and its names."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True)
class StandardRole:
    """A role every installation starts with. ``scope`` all = every department's objects."""

    key: str
    zh: str
    en: str
    scope: str


ROLES: tuple[StandardRole, ...] = (
    StandardRole("system_admin", "系统管理员", "System administrator", "all"),
    StandardRole("security_admin", "安全管理员", "Security administrator", "all"),
    StandardRole("auditor", "审计员", "Auditor", "all"),
    StandardRole("data_officer", "数据专员", "Data officer", "own"),
    StandardRole("department_reviewer", "部门审核人", "Department reviewer", "own"),
    StandardRole("department_admin", "部门管理员", "Department administrator", "own"),
    StandardRole("bureau_admin", "数据局业务管理员", "Data bureau administrator", "all"),
    StandardRole("data_engineer", "数据服务工程师", "Data service engineer", "all"),
    StandardRole("operator", "运维人员", "Operator", "all"),
    StandardRole("consumer_contact", "用数单位联系人", "Consumer contact", "own"),
    StandardRole("leader", "领导查阅", "Leader", "all"),
    StandardRole("supervisor", "甲方监督", "Supervisor", "all"),
)

PERMISSIONS: tuple[Permission, ...] = (
    Permission("kernel.user.read", "查看用户与角色", "Read users and roles"),
    Permission("kernel.user.edit", "管理用户", "Manage users"),
    Permission("kernel.user.unlock", "解锁账户", "Unlock accounts"),
    Permission("kernel.role.edit", "管理角色", "Manage roles"),
    Permission("kernel.department.edit", "管理部门", "Manage departments"),
    Permission("kernel.settings.edit", "管理参数", "Manage settings"),
    Permission("kernel.security.edit", "管理安全策略", "Manage security policies"),
    Permission("kernel.audit.read", "查阅审计日志", "Read the audit trail"),
)

GRANTS: dict[str, tuple[str, ...]] = {
    "system_admin": ("kernel.user.read", "kernel.user.edit", "kernel.user.unlock", "kernel.role.edit",
                     "kernel.department.edit", "kernel.settings.edit"),
    "security_admin": ("kernel.user.read", "kernel.security.edit", "kernel.user.unlock"),
    "auditor": ("kernel.user.read", "kernel.audit.read"),
    "department_admin": ("kernel.user.read", "kernel.user.unlock"),
    "bureau_admin": ("kernel.user.read",),
}

# 三员分立 is enforced on permission sets, not on role names: these mark each of the three duties
SEPARATED: dict[str, frozenset[str]] = {
    "系统管理员": frozenset({"kernel.user.edit", "kernel.role.edit", "kernel.settings.edit"}),
    "安全管理员": frozenset({"kernel.security.edit", "crypto.key.manage", "crypto.key.approve"}),
    "审计员": frozenset({"kernel.audit.read"}),
}


def separation_conflict(permissions: frozenset[str]) -> tuple[str, str] | None:
    """Return the two separated duties that a permission set unites, or None."""
    held = [name for name, marks in SEPARATED.items() if marks & permissions]
    return (held[0], held[1]) if len(held) > 1 else None
