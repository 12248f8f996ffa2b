"""Blind indexes have keys that are exchanged too: a second index column, and rotations say which key they exchange."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns; a scope may have one open rotation of each purpose."""
    op.add_column("crypto_rotation", sa.Column("purpose", sa.String(length=8), nullable=False, server_default="enc"))
    op.drop_index("uq_crypto_rotation_one_open", table_name="crypto_rotation")
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "uq_crypto_rotation_one_open", "crypto_rotation", ["scope_id", "purpose"], unique=True,
        sqlite_where=unfinished, postgresql_where=unfinished,
    )
    op.add_column("protected_person", sa.Column("id_number_bi_next", sa.LargeBinary(), nullable=True))
    op.create_index("ix_protected_person_dept_id_bi_next", "protected_person", ["dept_id", "id_number_bi_next"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
