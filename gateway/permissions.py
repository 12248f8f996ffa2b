"""Permissions of the gateway (and of demands, whose pages are the gateway's) and the roles that start with them."""

from kernel.identity.permissions import Permission

INTERFACE_READ = "gateway.interface.read"
INTERFACE_EDIT = "gateway.interface.edit"
INTERFACE_APPROVE = "gateway.interface.approve"
PAGE_SHARE = "gateway.page.share"
APP_READ = "gateway.app.read"
APP_MANAGE = "gateway.app.manage"
APP_BLOCK = "gateway.app.block"
DEMAND_READ = "gateway.demand.read"
DEMAND_APPLY = "gateway.demand.apply"
DEMAND_REVIEW = "gateway.demand.review"
DEMAND_BUREAU = "gateway.demand.bureau"
GRANT_READ = "gateway.grant.read"
GRANT_REVOKE = "gateway.grant.revoke"
CALL_READ = "gateway.call.read"

PERMISSIONS: tuple[Permission, ...] = (
    Permission(INTERFACE_READ, "查看接口", "Read interfaces"),
    Permission(INTERFACE_EDIT, "编制与提交接口", "Edit and submit interfaces"),
    Permission(INTERFACE_APPROVE, "审核发布与停用接口", "Approve and retire interfaces"),
    Permission(PAGE_SHARE, "把接口说明页发给没有账户的开发人员", "Share interface pages by dated links"),
    Permission(APP_READ, "查看应用", "Read applications"),
    Permission(APP_MANAGE, "管理应用与密钥", "Manage applications and their credentials"),
    Permission(APP_BLOCK, "封停与解封应用", "Block and unblock applications"),
    Permission(DEMAND_READ, "查看数据应用申请", "Read data demands"),
    Permission(DEMAND_APPLY, "提交数据应用申请", "File data demands"),
    Permission(DEMAND_REVIEW, "审批本部门数据的申请", "Decide demands for the own department's data"),
    Permission(DEMAND_BUREAU, "数据局审批申请", "Decide demands for the bureau"),
    Permission(GRANT_READ, "查看接口授权", "Read grants"),
    Permission(GRANT_REVOKE, "撤销接口授权", "Revoke grants"),
    Permission(CALL_READ, "查看接口调用", "Read calls and metrics"),
)

_READ = (INTERFACE_READ, APP_READ, DEMAND_READ, GRANT_READ, CALL_READ)

GRANTS: dict[str, tuple[str, ...]] = {
    "data_engineer": (*_READ, INTERFACE_EDIT, PAGE_SHARE),
    "operator": (*_READ, INTERFACE_EDIT, PAGE_SHARE, APP_BLOCK),
    "bureau_admin": (*_READ, INTERFACE_APPROVE, APP_BLOCK, DEMAND_REVIEW, DEMAND_BUREAU, GRANT_REVOKE),
    "data_officer": (INTERFACE_READ, DEMAND_READ, GRANT_READ),
    "department_reviewer": (INTERFACE_READ, DEMAND_READ, DEMAND_REVIEW, GRANT_READ, GRANT_REVOKE),
    "department_admin": (INTERFACE_READ, DEMAND_READ, GRANT_READ),
    "consumer_contact": (*_READ, PAGE_SHARE, APP_MANAGE, DEMAND_APPLY),
    "leader": (INTERFACE_READ,),
    "supervisor": _READ,
    "auditor": _READ,
}
