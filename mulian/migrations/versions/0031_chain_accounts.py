"""Ledger accounts that can be held, exchanges of their keys, operations that persons sign, records of registries."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
_OPEN = sa.text("state IN ('proposed', 'granting', 'switching', 'retiring', 'undoing')")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Add the flag and create the tables."""
    op.add_column("chain_account", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    _rotations()
    _operations()
    _registries()
    op.add_column("gateway_calllog_segment", sa.Column("usage_period", sa.BigInteger(), nullable=True))


def _rotations() -> None:
    op.create_table(
        "chain_account_rotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("old_address", sa.String(length=42), nullable=False),
        sa.Column("new_address", sa.String(length=42), nullable=False),
        sa.Column("new_key", sa.LargeBinary(), nullable=True),
        sa.Column("old_key", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("switched_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_account_rotation")),
    )
    op.create_index(
        "ix_chain_account_rotation_open", "chain_account_rotation", ["purpose"], unique=True, sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _operations() -> None:
    op.create_table(
        "chain_operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("board", sa.String(length=40), nullable=False),
        sa.Column("contract", sa.String(length=42), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=40), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_operation")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["contract_deployment.id"], name=op.f("fk_chain_operation_deployment_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["contract_call.id"], name=op.f("fk_chain_operation_call_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_chain_operation_digest")),
        sa.UniqueConstraint("deployment_id", "step", name=op.f("uq_chain_operation_deployment_id_step")),
    )
    op.create_index("ix_chain_operation_state", "chain_operation", ["state", "created_at"])
    op.create_table(
        "chain_operation_signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("member", sa.String(length=42), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_operation_signature")),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["chain_operation.id"], name=op.f("fk_chain_operation_signature_operation_id")
        ),
        sa.UniqueConstraint(
            "operation_id", "member", name=op.f("uq_chain_operation_signature_operation_id_member")
        ),
    )


def _registries() -> None:
    op.create_table(
        "chain_registry",
        sa.Column("contract", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("contract", name=op.f("pk_chain_registry")),
    )
    op.create_table(
        "chain_registry_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("object_type", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_registry_record")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_chain_registry_record_department_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["contract_call.id"], name=op.f("fk_chain_registry_record_call_id")),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["chain_operation.id"], name=op.f("fk_chain_registry_record_operation_id")
        ),
        sa.UniqueConstraint(
            "contract", "subject", "position", name=op.f("uq_chain_registry_record_contract_subject_position")
        ),
    )
    op.create_index(
        "ix_chain_registry_record_object", "chain_registry_record", ["object_type", "object_id"]
    )
    op.create_index(
        "ix_chain_registry_record_waiting", "chain_registry_record", ["contract", "created_at"],
        sqlite_where=_WAITING, postgresql_where=_WAITING,
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
