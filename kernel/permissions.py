"""Permissions of the kernel's services (identity has its own in ``kernel.identity.permissions``)."""

from kernel.identity.permissions import Permission

PERMISSIONS: tuple[Permission, ...] = (
    Permission("kernel.job.read", "查看他人任务", "Read other people's jobs"),
    Permission("kernel.job.manage", "取消他人任务", "Cancel other people's jobs"),
    Permission("kernel.outbox.read", "查看外发消息", "Read outbox messages"),
    Permission("kernel.outbox.manage", "处理外发死信", "Handle dead letters"),
    Permission("kernel.approval.read", "查看审批记录", "Read approvals"),
    Permission("kernel.case.read", "查看事件与工单", "Read cases"),
    Permission("kernel.case.edit", "办理事件与工单", "Work on cases"),
    Permission("kernel.duty.read", "查看值守表", "Read the duty roster"),
    Permission("kernel.duty.edit", "编排值守表", "Edit the duty roster"),
    Permission("kernel.watch.read", "查看监控与告警", "Read monitoring and alarms"),
    Permission("kernel.watch.edit", "管理监控与告警", "Manage monitoring and alarms"),
)

_READ_ALL = (
    "kernel.job.read", "kernel.outbox.read", "kernel.approval.read", "kernel.case.read", "kernel.duty.read",
    "kernel.watch.read",
)

GRANTS: dict[str, tuple[str, ...]] = {
    "system_admin": (
        "kernel.job.read", "kernel.job.manage", "kernel.outbox.read", "kernel.watch.read", "kernel.duty.read",
    ),
    "security_admin": ("kernel.approval.read", "kernel.watch.read"),
    "auditor": _READ_ALL,
    "department_admin": ("kernel.job.read",),
    "bureau_admin": _READ_ALL,
    "data_engineer": ("kernel.watch.read", "kernel.case.read", "kernel.duty.read"),
    "operator": (
        "kernel.job.read", "kernel.job.manage", "kernel.outbox.read", "kernel.outbox.manage", "kernel.case.read",
        "kernel.case.edit", "kernel.duty.read", "kernel.duty.edit", "kernel.watch.read", "kernel.watch.edit",
    ),
    "leader": ("kernel.watch.read",),
    "supervisor": ("kernel.approval.read", "kernel.case.read", "kernel.duty.read", "kernel.watch.read"),
}
