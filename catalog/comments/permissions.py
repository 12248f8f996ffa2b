"""The permission to comment. Comments are read by whoever sees the node."""

from kernel.identity.permissions import Permission

WRITE = "catalog.comment.write"

PERMISSIONS: tuple[Permission, ...] = (Permission(WRITE, "评论四级目录", "Comment on the directory"),)

_WRITERS = (
    "data_officer", "department_reviewer", "department_admin", "bureau_admin", "data_engineer", "consumer_contact",
    "leader", "supervisor",
)
GRANTS: dict[str, tuple[str, ...]] = dict.fromkeys(_WRITERS, (WRITE,))
