"""Permissions of the catalog and the roles that start with them."""

from kernel.identity.permissions import Permission

READ = "catalog.entry.read"
EDIT = "catalog.entry.edit"
SUBMIT = "catalog.entry.submit"
REVIEW = "catalog.review.decide"
IMPORT = "catalog.import.run"

PERMISSIONS: tuple[Permission, ...] = (
    Permission(READ, "查看四级目录", "Read the directory"),
    Permission(EDIT, "编制四级目录", "Edit the directory"),
    Permission(SUBMIT, "提交与撤回审核", "Submit and recall"),
    Permission(REVIEW, "审核与保密审查", "Review, with secrecy review"),
    Permission(IMPORT, "批量导入", "Import workbooks"),
)

_EDITOR = (READ, EDIT, SUBMIT, IMPORT)

GRANTS: dict[str, tuple[str, ...]] = {
    "data_officer": _EDITOR,
    "department_reviewer": (READ, REVIEW),
    "department_admin": (READ,),
    "bureau_admin": (READ, EDIT, SUBMIT, IMPORT, REVIEW),
    "data_engineer": _EDITOR,
    "operator": (READ,),
    "consumer_contact": (READ,),
    "leader": (READ,),
    "supervisor": (READ,),
    "auditor": (READ,),
}
