"""Ledger accounts that can be held, and exchanges of their keys."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
_OPEN = sa.text("state IN ('proposed', 'granting', 'switching', 'retiring', 'undoing')")


def upgrade() -> None:
    """Add the flag and create the table."""
    op.add_column("chain_account", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "chain_account_rotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("old_address", sa.String(length=42), nullable=False),
        sa.Column("new_address", sa.String(length=42), nullable=False),
        sa.Column("new_key", sa.LargeBinary(), nullable=True),
        sa.Column("old_key", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("switched_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_account_rotation")),
    )
    op.create_index(
        "ix_chain_account_rotation_open", "chain_account_rotation", ["purpose"], unique=True, sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
