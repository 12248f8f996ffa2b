"""Permissions of the catalog and the roles that start with them."""

from kernel.identity.permissions import Permission

READ = "catalog.entry.read"
EDIT = "catalog.entry.edit"
SUBMIT = "catalog.entry.submit"
REVIEW = "catalog.review.decide"
CONFIGURE = "catalog.review.configure"
SECRECY = "catalog.secrecy.record"
ONLINE = "catalog.entry.online"
RELEASE = "catalog.release.request"
RELEASE_APPROVE = "catalog.release.approve"
IMPORT = "catalog.import.run"
REORGANISE = "catalog.duty.reorganise"
LEDGER = "catalog.ledger.import"
CODES = "catalog.codes.edit"
CONFIRM = "catalog.entry.confirm"

PERMISSIONS: tuple[Permission, ...] = (
    Permission(READ, "查看四级目录", "Read the directory"),
    Permission(EDIT, "编制四级目录", "Edit the directory"),
    Permission(SUBMIT, "提交与撤回审核", "Submit and recall"),
    Permission(REVIEW, "审核与保密审查", "Review, with secrecy review"),
    Permission(CONFIGURE, "设置审核环节", "Set the stages of review"),
    Permission(SECRECY, "登记保密审查", "Record secrecy reviews"),
    Permission(ONLINE, "数据目录上线与下线", "Take entries online and offline"),
    Permission(RELEASE, "申请重要、核心数据出域", "Apply for releases of important and core data"),
    Permission(RELEASE_APPROVE, "批准重要、核心数据出域", "Approve releases of important and core data"),
    Permission(IMPORT, "批量导入", "Import workbooks"),
    Permission(REORGANISE, "审核跨部门的职责变更", "Decide duty changes across departments"),
    Permission(LEDGER, "导入信息化项目底账", "Import the ledger of projects"),
    Permission(CONFIRM, "确认数据本周期无变化", "Confirm that data is unchanged in its period"),
    Permission(CODES, "维护编码方案与代码表", "Keep code profiles and code tables"),
)

_EDITOR = (READ, EDIT, SUBMIT, IMPORT)

GRANTS: dict[str, tuple[str, ...]] = {
    "data_officer": (*_EDITOR, RELEASE, CONFIRM),
    "department_reviewer": (READ, REVIEW, SECRECY, CONFIRM),
    "department_admin": (READ, ONLINE, CONFIRM),
    "bureau_admin": (
        READ, EDIT, SUBMIT, IMPORT, LEDGER, REVIEW, CONFIGURE, SECRECY, ONLINE, RELEASE, RELEASE_APPROVE,
        REORGANISE, CODES, CONFIRM,
    ),
    "data_engineer": (*_EDITOR, RELEASE, CONFIRM),
    "operator": (READ,),
    "consumer_contact": (READ,),
    "leader": (READ,),
    "supervisor": (READ,),
    "auditor": (READ,),
}
