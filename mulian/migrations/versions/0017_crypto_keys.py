"""Hierarchy of keys: states of KEKs and their end, compromised keys, windows of rotation, the catalogue of copies."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns and create the table."""
    for name in ("retired_at", "destroying_at", "destroyed_at"):
        op.add_column("crypto_kek", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("crypto_kek", sa.Column("certificate", sa.Text(), nullable=True))
    active = sa.text("state = 'active'")
    op.create_index(
        "uq_crypto_kek_one_active", "crypto_kek", ["department_id"], unique=True,
        sqlite_where=active, postgresql_where=active,
    )
    for name in ("compromised_at", "destroyed_at"):
        op.add_column("crypto_dek", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("crypto_scope", sa.Column("window", sa.Text(), nullable=True))
    op.create_table(
        "crypto_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("key_store", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_copy")),
    )
    op.create_index("ix_crypto_copy_made_at", "crypto_copy", ["made_at"], unique=False)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
