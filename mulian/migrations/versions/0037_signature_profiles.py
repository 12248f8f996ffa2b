"""Keys of several signature profiles; the names by which older platforms know applications."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """What exists signs by mulian-sm3-v1."""
    op.add_column(
        "gateway_credential", sa.Column("profile", sa.String(length=20), nullable=False, server_default="mulian-sm3-v1")
    )
    op.create_table(
        "gateway_requester",
        sa.Column("environment", sa.String(length=12), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["gateway_app.id"], name=op.f("fk_gateway_requester_app_id_gateway_app")),
        sa.PrimaryKeyConstraint("environment", "profile", "name", name=op.f("pk_gateway_requester")),
        sa.UniqueConstraint("app_id", "profile", name=op.f("uq_gateway_requester_app_id_profile")),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
