"""Permissions of the work calendar."""

from kernel.identity.permissions import Permission

PERMISSIONS: tuple[Permission, ...] = (
    Permission("kernel.calendar.edit", "维护工作日历", "Maintain the work calendar"),
)
GRANTS: dict[str, tuple[str, ...]] = {
    "bureau_admin": ("kernel.calendar.edit",),
    "system_admin": ("kernel.calendar.edit",),
}
