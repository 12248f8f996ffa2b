"""Life of interfaces: environments, announcements, canary, maintenance, pages, trials; needs before demands."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
_OPEN = sa.text("state IN ('draft', 'testing', 'submitted', 'returned', 'scheduled', 'canary')")


def upgrade() -> None:
    """Add the columns and create the tables."""
    _interfaces()
    _needs()
    _maintenance()
    _links()
    _trials()


def _interfaces() -> None:
    op.add_column("gateway_interface", sa.Column("test_revision", sa.Integer(), nullable=True))
    op.add_column("gateway_interface", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("gateway_interface", sa.Column("announced_at", sa.BigInteger(), nullable=True))
    op.add_column("gateway_interface_revision", sa.Column("tested_at", sa.BigInteger(), nullable=True))
    op.add_column("gateway_interface_revision", sa.Column("published_at", sa.BigInteger(), nullable=True))
    op.add_column("gateway_interface_revision", sa.Column("effective_on", sa.Date(), nullable=True))
    op.add_column("gateway_interface_revision", sa.Column("canary", sa.Text(), nullable=True))
    # what is served already is open for testing too
    op.execute("UPDATE gateway_interface SET test_revision = revision WHERE revision > 0")
    served = "state IN ('published', 'superseded')"
    op.execute(f"UPDATE gateway_interface_revision SET published_at = decided_at WHERE {served}")
    op.drop_index("uq_gateway_interface_revision_open", "gateway_interface_revision")
    op.create_index(
        "uq_gateway_interface_revision_open", "gateway_interface_revision", ["interface_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )
    op.add_column(
        "gateway_app", sa.Column("environment", sa.String(length=12), nullable=False, server_default="production")
    )


def _needs() -> None:
    op.create_table(
        "need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("matter", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_name", sa.String(length=120), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_need_department_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_need_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("number", name=op.f("uq_need_number")),
    )
    op.create_index(op.f("ix_need_department_id"), "need", ["department_id"])
    op.add_column("demand", sa.Column("need_id", sa.Uuid(), nullable=True))
    op.add_column("demand", sa.Column("negotiation", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_demand_need_id"), "demand", ["need_id"])


def _maintenance() -> None:
    op.create_table(
        "gateway_maintenance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interface_id"], ["gateway_interface.id"], name=op.f("fk_gateway_maintenance_interface_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_maintenance")),
    )
    op.create_index("ix_gateway_maintenance_interface_id_ends_at", "gateway_maintenance", ["interface_id", "ends_at"])


def _links() -> None:
    op.create_table(
        "gateway_page_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("token_sm3", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interface_id"], ["gateway_interface.id"], name=op.f("fk_gateway_page_link_interface_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_page_link")),
        sa.UniqueConstraint("token_sm3", name=op.f("uq_gateway_page_link_token_sm3")),
    )
    op.create_index(op.f("ix_gateway_page_link_interface_id"), "gateway_page_link", ["interface_id"])


def _trials() -> None:
    op.create_table(
        "gateway_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(length=12), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["interface_id"], ["gateway_interface.id"], name=op.f("fk_gateway_trial_interface_id")),
        sa.ForeignKeyConstraint(["app_id"], ["gateway_app.id"], name=op.f("fk_gateway_trial_app_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_trial")),
    )
    op.create_index("ix_gateway_trial_expires_at", "gateway_trial", ["expires_at"])
    op.create_index("ix_gateway_trial_interface_id_made_at", "gateway_trial", ["interface_id", "made_at"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
