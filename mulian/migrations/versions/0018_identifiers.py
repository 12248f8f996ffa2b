"""Identifiers: fields, and the values that identifiers stand for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables; the write fence is derived from the scopes."""
    op.create_table(
        "identifier_field",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("department_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mask", sa.String(length=16), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_identifier_field_department_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_identifier_field")),
        sa.UniqueConstraint("department_id", "name", name=op.f("uq_identifier_field_department_id_name")),
    )
    op.create_table(
        "identifier",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dept_id", sa.Uuid(), nullable=False),
        sa.Column("field_number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("value_env", sa.LargeBinary(), nullable=False),
        sa.Column("value_bi", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dept_id"], ["department.id"], name=op.f("fk_identifier_dept_id")),
        sa.ForeignKeyConstraint(
            ["field_number"], ["identifier_field.number"], name=op.f("fk_identifier_field_number"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("uq_identifier_field_number_value_bi", "identifier", ["field_number", "value_bi"], unique=True)
    op.create_index("ix_identifier_dept_id_id", "identifier", ["dept_id", "id"], unique=False)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
