"""Catalog: Duty changes and transfers."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
