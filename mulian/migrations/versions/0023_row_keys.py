"""Encrypted tables may have uuid and text keys: a rotation's cursor is a row key in JSON. Integers read as before."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Exchange the column; rotations under way keep where they stand."""
    op.add_column("crypto_rotation", sa.Column("row_cursor", sa.Text(), nullable=True))
    op.execute("UPDATE crypto_rotation SET row_cursor = CAST(cursor AS TEXT)")
    op.drop_column("crypto_rotation", "cursor")
    op.execute("ALTER TABLE crypto_rotation RENAME COLUMN row_cursor TO cursor")


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
