"""Permissions offered to the standard roles, planned duty changes, confirmations of no change, epochs of the feed."""

import json
import time
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables and record what the standard roles were offered before."""
    op.create_table(
        "role_offer",
        sa.Column("role_key", sa.String(length=60), nullable=False),
        sa.Column("permission", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("role_key", "permission", name=op.f("pk_role_offer")),
    )
    _record_offers()
    op.add_column("duty_change", sa.Column("blocked_on", sa.String(length=10), nullable=True))
    op.add_column("duty_change", sa.Column("blocked_reason", sa.Text(), nullable=True))
    op.create_table(
        "unchanged_confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_unchanged_confirmation_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_unchanged_confirmation_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unchanged_confirmation")),
    )
    op.create_index(
        "ix_unchanged_confirmation_entry_id_at", "unchanged_confirmation", ["entry_id", "at"], unique=False
    )
    op.create_table(
        "feed_epoch",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_feed_epoch")),
        sa.UniqueConstraint("epoch", name=op.f("uq_feed_epoch_epoch")),
    )
    columns = ("number", "epoch", "after_seq", "reason", "started_at")
    epochs = sa.table("feed_epoch", *(sa.column(name) for name in columns))
    op.execute(epochs.insert().values(number=1, epoch=uuid.uuid4().hex, after_seq=0, reason="first", started_at=_now()))


def _now() -> int:
    return time.time_ns() // 1000


def _record_offers() -> None:
    """A standard role was offered what it holds, and what an audited edit took from it. All else is new to it.

    Releases before this one never added to a role that existed, so holding or having lost a permission is the only
    trace of an offer; a later grant by hand leaves the same trace.
    """
    connection = op.get_bind()
    roles = sa.table("role", *(sa.column(name) for name in ("key", "permissions", "standard")))
    held = {
        key: set(json.loads(permissions))
        for key, permissions in connection.execute(
            sa.select(roles.c.key, roles.c.permissions).where(roles.c.standard == sa.true())
        )
    }
    audit = sa.table("audit_log", sa.column("action"), sa.column("detail"))
    edits = connection.execute(sa.select(audit.c.detail).where(audit.c.action == "kernel.role.edit"))
    for detail in (json.loads(text) for (text,) in edits):
        if detail.get("key") in held:
            held[detail["key"]].update(detail.get("removed", ()))
    offers = sa.table("role_offer", *(sa.column(name) for name in ("role_key", "permission", "outcome", "offered_at")))
    rows = [
        {"role_key": key, "permission": permission, "outcome": "known", "offered_at": _now()}
        for key, permissions in held.items() for permission in sorted(permissions)
    ]
    if rows:
        op.bulk_insert(offers, rows)
