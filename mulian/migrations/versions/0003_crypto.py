"""Encryption: scopes, keys, rotations, protected persons. Write fences are derived later, from the scopes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "crypto_scope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("column_name", sa.String(length=63), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("padded", sa.Boolean(), nullable=False),
        sa.Column("blind_index", sa.String(length=63), nullable=True),
        sa.Column("rotate_every_days", sa.Integer(), nullable=False),
        sa.Column("fence_key_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_crypto_scope_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_scope")),
        sa.UniqueConstraint(
            "department_id", "table_name", "column_name",
            name=op.f("uq_crypto_scope_department_id_table_name_column_name"),
        ),
    )
    op.create_table(
        "crypto_kek",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("kcv", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_crypto_kek_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_kek")),
        sa.UniqueConstraint("department_id", "version", name=op.f("uq_crypto_kek_department_id_version")),
    )
    op.create_table(
        "crypto_dek",
        sa.Column("key_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kek_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("kcv", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["kek_id"], ["crypto_kek.id"], name=op.f("fk_crypto_dek_kek_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["crypto_scope.id"], name=op.f("fk_crypto_dek_scope_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_crypto_dek")),
        sa.UniqueConstraint("scope_id", "purpose", "version", name=op.f("uq_crypto_dek_scope_id_purpose_version")),
    )
    active = sa.text("state = 'active'")
    op.create_index(
        "uq_crypto_dek_one_active", "crypto_dek", ["scope_id", "purpose"], unique=True,
        sqlite_where=active, postgresql_where=active,
    )
    _rotation()
    _persons()


def _rotation() -> None:
    op.create_table(
        "crypto_rotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("old_key_id", sa.BigInteger(), nullable=False),
        sa.Column("new_key_id", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("maker_name", sa.String(length=120), nullable=False),
        sa.Column("checker_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("switched_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_crypto_rotation_approval_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_crypto_rotation_department_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["crypto_scope.id"], name=op.f("fk_crypto_rotation_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_rotation")),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "uq_crypto_rotation_one_open", "crypto_rotation", ["scope_id"], unique=True,
        sqlite_where=unfinished, postgresql_where=unfinished,
    )
    op.create_index("ix_crypto_rotation_created_at", "crypto_rotation", ["created_at"], unique=False)


def _persons() -> None:
    op.create_table(
        "protected_person",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dept_id", sa.Uuid(), nullable=False),
        sa.Column("name_env", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_env", sa.LargeBinary(), nullable=True),
        sa.Column("phone_env", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_bi", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dept_id"], ["department.id"], name=op.f("fk_protected_person_dept_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protected_person")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_protected_person_dept_id_id", "protected_person", ["dept_id", "id"], unique=False)
    op.create_index("ix_protected_person_dept_id_bi", "protected_person", ["dept_id", "id_number_bi"], unique=False)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
