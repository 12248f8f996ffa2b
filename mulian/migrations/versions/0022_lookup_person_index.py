"""Persons of a holder's day are counted by the ids behind identifiers: their index holds those."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Exchange the index."""
    op.drop_index("ix_lookup_person_holder_day_value_bi", "lookup_person")
    op.create_index("ix_lookup_person_holder_day_identifier_id", "lookup_person", ["holder", "day", "identifier_id"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
