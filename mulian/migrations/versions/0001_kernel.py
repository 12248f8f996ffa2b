"""kernel: first tables."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
