"""Quotas of calls and bytes a day and a month; the broker that answers for each application."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
_DEMAND = {
    "calls_per_month": sa.Integer(), "calls_per_second": sa.Integer(), "bytes_per_day": sa.BigInteger(),
    "bytes_per_month": sa.BigInteger(),
}
_GRANT = {"quota_month": sa.Integer(), "bytes_day": sa.BigInteger(), "bytes_month": sa.BigInteger()}


def upgrade() -> None:
    """Add limits of 0 (none) to what exists; carry over what was debited; brokers register when they start."""
    for table, columns in (("demand", _DEMAND), ("gateway_grant", _GRANT)):
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default="0"))
    _quota_use()
    _brokers()


def _quota_use() -> None:
    op.create_table(
        "gateway_quota_use",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.String(length=5), nullable=False),
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("debited", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("debited >= 0", name=op.f("ck_gateway_quota_use_not_negative")),
        sa.PrimaryKeyConstraint("grant_id", "measure", "span", "start", name=op.f("pk_gateway_quota_use")),
    )
    op.execute(
        "INSERT INTO gateway_quota_use (grant_id, measure, span, start, debited) "
        "SELECT grant_id, 'calls', 'day', day, debited FROM gateway_quota_day"
    )
    op.drop_table("gateway_quota_day")


def _brokers() -> None:
    op.create_table(
        "gateway_broker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("deposed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_broker")),
    )
    op.create_table(
        "gateway_app_owner",
        sa.Column("app", sa.String(length=32), nullable=False),
        sa.Column("broker_id", sa.String(length=32), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app", name=op.f("pk_gateway_app_owner")),
    )
    op.create_index("ix_gateway_app_owner_broker_id", "gateway_app_owner", ["broker_id"])
    op.drop_table("gateway_broker_start")


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
