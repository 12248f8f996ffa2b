"""Witnesses of checkpoints, what they signed, and how many of them a proof must show."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Create the tables."""
    op.add_column("anchor_trust", sa.Column("witness_quorum", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "anchor_witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("problem_stream", sa.String(length=32), nullable=True),
        sa.Column("problem_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit_log.id"], name=op.f("fk_anchor_witness_audit_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_anchor_witness_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_witness")),
        sa.UniqueConstraint("key", name=op.f("uq_anchor_witness_key")),
        sa.UniqueConstraint("name", name=op.f("uq_anchor_witness_name")),
    )
    op.create_table(
        "anchor_cosignature",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["anchor_batch.id"], name=op.f("fk_anchor_cosignature_batch_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["anchor_witness.id"], name=op.f("fk_anchor_cosignature_witness_id")),
        sa.PrimaryKeyConstraint("batch_id", "witness_id", name=op.f("pk_anchor_cosignature")),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
