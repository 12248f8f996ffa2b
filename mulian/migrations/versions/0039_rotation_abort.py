"""Rotations that are aborted go back to the old key."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"


def upgrade() -> None:
    """Add the decision to go back; no rotation has one yet."""
    op.add_column("crypto_rotation", sa.Column("abort", sa.Text(), nullable=True))


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
