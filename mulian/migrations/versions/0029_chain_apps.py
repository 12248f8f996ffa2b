"""Applications on the chain: registered, with places per environment, evidence, use per day and test reports."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Create the tables."""
    _apps()
    _reports()
    _evidence()


def _apps() -> None:
    op.create_table(
        "chain_app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("system_name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("open_check", sa.Boolean(), nullable=False),
        sa.Column("life", sa.String(length=12), nullable=False),
        sa.Column("suspended", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_chain_app_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_app")),
        sa.UniqueConstraint("code", name=op.f("uq_chain_app_code")),
    )
    op.create_index("ix_chain_app_department_id", "chain_app", ["department_id"])
    op.create_table(
        "chain_app_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(length=12), nullable=False),
        sa.Column("stream", sa.String(length=28), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("daily_quota", sa.Integer(), nullable=False),
        sa.Column("callback_url", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["chain_app.id"], name=op.f("fk_chain_app_place_app_id")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["gateway_app.id"], name=op.f("fk_chain_app_place_credential_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_app_place")),
        sa.UniqueConstraint("app_id", "environment", name=op.f("uq_chain_app_place_app_id_environment")),
        sa.UniqueConstraint("stream", name=op.f("uq_chain_app_place_stream")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_chain_app_place_credential_id")),
    )


def _reports() -> None:
    op.create_table(
        "chain_app_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["chain_app.id"], name=op.f("fk_chain_app_report_app_id")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_chain_app_report_approval_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_app_report")),
        sa.UniqueConstraint("app_id", "number", name=op.f("uq_chain_app_report_app_id_number")),
    )


def _evidence() -> None:
    op.create_table(
        "chain_evidence_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["chain_app_place.id"], name=op.f("fk_chain_evidence_call_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_evidence_call")),
        sa.UniqueConstraint("place_id", "key", name=op.f("uq_chain_evidence_call_place_id_key")),
    )
    op.create_table(
        "chain_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["chain_app_place.id"], name=op.f("fk_chain_evidence_place_id")),
        sa.ForeignKeyConstraint(["leaf_id"], ["anchor_leaf.id"], name=op.f("fk_chain_evidence_leaf_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_evidence")),
        sa.UniqueConstraint("place_id", "client_id", name=op.f("uq_chain_evidence_place_id_client_id")),
        sa.UniqueConstraint("leaf_id", name=op.f("uq_chain_evidence_leaf_id")),
    )
    op.create_index("ix_chain_evidence_digest", "chain_evidence", ["digest"])
    op.create_index("ix_chain_evidence_place_id_id", "chain_evidence", ["place_id", "id"])
    op.create_table(
        "chain_evidence_use",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (
            "calls", "stored", "repeated", "refused", "proofs", "callbacks",
        )),
        sa.ForeignKeyConstraint(
            ["place_id"], ["chain_app_place.id"], name=op.f("fk_chain_evidence_use_place_id")
        ),
        sa.PrimaryKeyConstraint("place_id", "day", name=op.f("pk_chain_evidence_use")),
    )
    op.create_index("ix_chain_evidence_use_day", "chain_evidence_use", ["day"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
