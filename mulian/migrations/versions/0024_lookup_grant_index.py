"""Look-ups under a grant are counted at every call: by an index, not along the day's log of everybody."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_lookup_log_grant_id_at", "lookup_log", ["grant_id", "at"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
