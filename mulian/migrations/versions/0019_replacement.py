"""Replacement in departments' own databases: targets, jobs, their journal, findings and secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "crypto_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("product", sa.String(length=60), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("database", sa.String(length=120), nullable=False),
        sa.Column("username", sa.String(length=120), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("tls", sa.String(length=8), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_crypto_target_department_id_department"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_target")),
    )
    op.create_index("ix_crypto_target_department_id", "crypto_target", ["department_id"])
    op.create_table(
        "crypto_replacement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("forms", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=True),
        sa.Column("checked", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_crypto_replacement_department_id_department"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_crypto_replacement_job_id_job"),
                                ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["target_id"], ["crypto_target.id"], name=op.f("fk_crypto_replacement_target_id_crypto_target"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_replacement")),
    )
    op.create_index("ix_crypto_replacement_department_id", "crypto_replacement", ["department_id"])
    _journal()


def _journal() -> None:
    op.create_table(
        "crypto_replacement_range",
        sa.Column("replacement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["replacement_id"], ["crypto_replacement.id"], ondelete="CASCADE",
            name=op.f("fk_crypto_replacement_range_replacement_id_crypto_replacement"),
        ),
        sa.PrimaryKeyConstraint("replacement_id", "number", name=op.f("pk_crypto_replacement_range")),
    )
    op.create_index("ix_crypto_replacement_range_state", "crypto_replacement_range", ["replacement_id", "state"])
    op.create_table(
        "crypto_replacement_finding",
        sa.Column("replacement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["replacement_id"], ["crypto_replacement.id"], ondelete="CASCADE",
            name=op.f("fk_crypto_replacement_finding_replacement_id_crypto_replacement"),
        ),
        sa.PrimaryKeyConstraint("replacement_id", "number", name=op.f("pk_crypto_replacement_finding")),
    )
    op.create_table(
        "crypto_replacement_secret",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dept_id", sa.Uuid(), nullable=False),
        sa.Column("secret_env", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dept_id"], ["department.id"], name=op.f("fk_crypto_replacement_secret_dept_id_department"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crypto_replacement_secret")),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
