"""Identifiers: fields, the values that identifiers stand for, files of values; look-ups, their grants and log."""

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

    _batches()
    _lookups()


def _batches() -> None:
    op.create_table(
        "identifier_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("field_number", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_identifier_batch_department_id")),
        sa.ForeignKeyConstraint(
            ["field_number"], ["identifier_field.number"], name=op.f("fk_identifier_batch_field_number"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier_batch")),
        sa.UniqueConstraint("department_id", "key", name=op.f("uq_identifier_batch_department_id_key")),
    )
    op.create_index("ix_identifier_batch_created_at", "identifier_batch", ["created_at"], unique=False)


def _lookups() -> None:
    op.create_table(
        "lookup_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("grantee_id", sa.Uuid(), nullable=True),
        sa.Column("business", sa.String(length=200), nullable=False),
        sa.Column("purpose_code", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("persons_day", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["gateway_app.id"], name=op.f("fk_lookup_grant_app_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_lookup_grant_department_id")),
        sa.ForeignKeyConstraint(["grantee_id"], ["department.id"], name=op.f("fk_lookup_grant_grantee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_grant")),
    )
    op.create_index("ix_lookup_grant_app_id", "lookup_grant", ["app_id"], unique=False)
    op.create_table(
        "lookup_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("direction", sa.String(length=12), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("field_number", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("operator", sa.String(length=80), nullable=False),
        sa.Column("business", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("refused", sa.String(length=80), nullable=True),
        sa.Column("alarm", sa.String(length=12), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_lookup_log_department_id")),
        sa.ForeignKeyConstraint(
            ["field_number"], ["identifier_field.number"], name=op.f("fk_lookup_log_field_number"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_log")),
        sa.UniqueConstraint("holder", "nonce", name=op.f("uq_lookup_log_holder_nonce")),
    )
    op.create_index("ix_lookup_log_at", "lookup_log", ["at"], unique=False)
    op.create_index("ix_lookup_log_holder_at", "lookup_log", ["holder", "at"], unique=False)
    op.create_index("ix_lookup_log_department_id_at", "lookup_log", ["department_id", "at"], unique=False)
    op.create_table(
        "lookup_person",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("field_number", sa.Integer(), nullable=False),
        sa.Column("value_bi", sa.LargeBinary(), nullable=False),
        sa.Column("identifier_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["log_id"], ["lookup_log.id"], name=op.f("fk_lookup_person_log_id")),
        sa.PrimaryKeyConstraint("log_id", "position", name=op.f("pk_lookup_person")),
    )
    op.create_index(
        "ix_lookup_person_holder_day_value_bi", "lookup_person", ["holder", "day", "value_bi"], unique=False,
    )
    op.create_index("ix_lookup_person_value_bi", "lookup_person", ["value_bi"], unique=False)
    op.create_index("ix_lookup_person_identifier_id", "lookup_person", ["identifier_id"], unique=False)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
