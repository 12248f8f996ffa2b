"""A second index column of identified values, by which the key of their blind index can be exchanged."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column; on SQLite too it is an addition, the table with its fence stays."""
    op.add_column("identifier", sa.Column("value_bi_next", sa.LargeBinary(), nullable=True))
    op.create_index(
        "uq_identifier_field_number_value_bi_next", "identifier", ["field_number", "value_bi_next"], unique=True,
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
