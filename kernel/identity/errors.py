"""Errors of identity."""

from kernel.errors import define

UNAUTHENTICATED = define(
    "identity.session.missing", 401, zh="请先登录", en="Sign in first",
    fix_zh="登录后重试；未保存的内容仍在页面上", fix_en="Sign in and try again; what you typed is still on the page",
)
CREDENTIALS_WRONG = define(
    "identity.password.wrong", 401, zh="用户名或口令不正确", en="Wrong user name or password",
    fix_zh="连续 5 次失败将锁定 15 分钟", fix_en="Five failures lock the account for 15 minutes",
)
LOCKED_OUT = define(
    "identity.account.locked", 423, zh="账户已锁定，{minutes} 分钟后可重试", en="Locked; try again in {minutes} minutes",
    fix_zh="或请部门管理员解锁", fix_en="Or ask your department's administrator to unlock it",
)
ADDRESS_BLOCKED = define(
    "identity.address.blocked", 429, zh="此地址登录失败过多，请稍后再试", en="Too many failed sign-ins from this address",
)
CSRF = define("identity.session.csrf", 403, zh="页面已过期，请刷新后重试", en="The page is stale; reload it")
PERMISSION_DENIED = define(
    "identity.permission.denied", 403, zh="您没有「{permission}」权限", en="You lack the permission {permission}",
    fix_zh="如确需办理，请联系系统管理员调整角色", fix_en="Ask the system administrator to adjust your role",
)
PASSWORD_CHANGE_REQUIRED = define(
    "identity.password.change_required", 403, zh="请先修改一次性口令", en="Change the one-time password first",
)
PASSWORD_WEAK = define(
    "identity.password.weak", 422, zh="口令不符合要求：{reason_zh}", en="The password is too weak: {reason_en}",
)
USER_EXISTS = define("identity.user.exists", 409, zh="用户名「{username}」已存在", en="The user {username} exists")
ROLE_UNKNOWN = define("identity.role.unknown", 422, zh="没有角色「{role}」", en="No role {role}")
SEPARATION = define(
    "identity.role.separation", 409,
    zh="三员分立：同一人不能同时具有「{first}」和「{second}」", en="Separation of duties: one person cannot be {first} and {second}",
)
DEPARTMENT_EXISTS = define("identity.department.exists", 409, zh="部门「{name}」已存在", en="The department {name} exists")
USCC_INVALID = define(
    "identity.department.uscc", 422, zh="统一社会信用代码「{code}」校验不通过", en="The credit code {code} is not valid",
    fix_zh="请核对 18 位代码；没有代码可留空（状态为待补）", fix_en="Check the 18 characters; leave it empty if there is none",
)
LAST_ADMIN = define("identity.user.last_admin", 409, zh="不能停用最后一个「{role}」", en="The last {role} cannot be disabled")
