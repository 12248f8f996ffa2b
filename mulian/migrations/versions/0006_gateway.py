"""Gateway and demands: interfaces, apps, grants, snapshots, quota, register of shipped call-log segments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gateway_broker_start",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_broker_start")),
    )
    op.create_table(
        "gateway_calllog_segment",
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("worker", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("aborted", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("shipped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "worker", "number", name=op.f("pk_gateway_calllog_segment")),
    )
    op.create_index(
        "ix_gateway_calllog_segment_first_at", "gateway_calllog_segment", ["first_at"], unique=False
    )
    op.create_table(
        "gateway_quota_day",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("debited", sa.Integer(), nullable=False),
        sa.CheckConstraint("debited >= 0", name=op.f("ck_gateway_quota_day_not_negative")),
        sa.PrimaryKeyConstraint("grant_id", "day", name=op.f("pk_gateway_quota_day")),
    )
    op.create_table(
        "gateway_snapshot",
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "number", name=op.f("pk_gateway_snapshot")),
    )
    op.create_table(
        "gateway_snapshot_head",
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_gateway_snapshot_head_positive")),
        sa.PrimaryKeyConstraint("environment", name=op.f("pk_gateway_snapshot_head")),
    )
    op.create_table(
        "gateway_app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("app_key", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("system_name", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_gateway_app_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_app")),
        sa.UniqueConstraint("app_key", name=op.f("uq_gateway_app_app_key")),
    )
    op.create_index(op.f("ix_gateway_app_department_id"), "gateway_app", ["department_id"], unique=False)
    op.create_table(
        "demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("consumer_ref", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("calls_per_day", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_name", sa.String(length=120), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("provider_decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_demand_department_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_demand_entry_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["department.id"], name=op.f("fk_demand_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
        sa.UniqueConstraint("number", name=op.f("uq_demand_number")),
    )
    op.create_index(op.f("ix_demand_consumer_ref"), "demand", ["consumer_ref"], unique=False)
    op.create_index(op.f("ix_demand_department_id"), "demand", ["department_id"], unique=False)
    op.create_index("ix_demand_entry_id_status", "demand", ["entry_id", "status"], unique=False)
    op.create_index(op.f("ix_demand_provider_id"), "demand", ["provider_id"], unique=False)
    op.create_table(
        "gateway_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["gateway_app.id"], name=op.f("fk_gateway_credential_app_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_credential")),
        sa.UniqueConstraint("app_id", "key_version", name=op.f("uq_gateway_credential_app_id_key_version")),
    )
    op.create_table(
        "gateway_interface",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_gateway_interface_department_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_gateway_interface_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_interface")),
        sa.UniqueConstraint("code", name=op.f("uq_gateway_interface_code")),
        sa.UniqueConstraint("path", name=op.f("uq_gateway_interface_path")),
    )
    op.create_index(
        op.f("ix_gateway_interface_department_id"), "gateway_interface", ["department_id"], unique=False
    )
    op.create_index(op.f("ix_gateway_interface_entry_id"), "gateway_interface", ["entry_id"], unique=False)
    op.create_table(
        "demand_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("share_type", sa.String(length=20), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("clear_approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_demand_item_demand_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["data_item.id"], name=op.f("fk_demand_item_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_item")),
        sa.UniqueConstraint("demand_id", "item_id", name=op.f("uq_demand_item_demand_id_item_id")),
    )
    op.create_table(
        "gateway_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("quota_day", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["gateway_app.id"], name=op.f("fk_gateway_grant_app_id")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_gateway_grant_demand_id")),
        sa.ForeignKeyConstraint(
            ["interface_id"], ["gateway_interface.id"], name=op.f("fk_gateway_grant_interface_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_grant")),
        sa.UniqueConstraint("number", name=op.f("uq_gateway_grant_number")),
    )
    op.create_index(op.f("ix_gateway_grant_demand_id"), "gateway_grant", ["demand_id"], unique=False)
    op.create_index(op.f("ix_gateway_grant_interface_id"), "gateway_grant", ["interface_id"], unique=False)
    op.create_index(
        "uq_gateway_grant_active",
        "gateway_grant",
        ["app_id", "interface_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "gateway_interface_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["gateway_interface.id"],
            name=op.f("fk_gateway_interface_revision_interface_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_interface_revision")),
        sa.UniqueConstraint(
            "interface_id", "number", name=op.f("uq_gateway_interface_revision_interface_id_number")
        ),
    )
    op.create_index(
        "uq_gateway_interface_revision_open",
        "gateway_interface_revision",
        ["interface_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned')"),
        postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned')"),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
