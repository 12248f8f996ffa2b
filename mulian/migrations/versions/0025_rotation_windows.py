"""Rotations wait where their window closes, unless they are urgent."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the columns; a rotation that was planned before is found outside its window by its job."""
    op.add_column(
        "crypto_rotation", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("crypto_rotation", sa.Column("waits_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
