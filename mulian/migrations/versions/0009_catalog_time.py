"""Catalog: children of versions, transfers between departments, duty changes and their tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_INSERT_ONLY = ("version_children",)


def upgrade() -> None:
    """Create the tables."""
    op.create_index(
        "ix_node_version_history", "node_version",
        ["node_kind", "node_id", "version", "valid_from", "action", "department_id", "code"],
    )
    op.create_table(
        "version_children",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "version", name=op.f("pk_version_children")),
    )
    _acts()
    for table in _INSERT_ONLY:
        _protect(table)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")


def _protect(table: str) -> None:
    """Refuse UPDATE and DELETE in the database itself, below every program."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def _acts() -> None:
    """Transfers and duty changes with what belongs to them."""
    op.create_table(
        "duty_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("across", sa.Boolean(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("below", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(length=400), nullable=False),
        sa.Column("effective_on", sa.String(length=10), nullable=False),
        sa.Column("workdays", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("secrecy_conclusion", sa.String(length=20)),
        sa.Column("secrecy_basis", sa.Text()),
        sa.Column("secrecy_by", sa.Uuid()),
        sa.Column("secrecy_name", sa.String(length=120)),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_reason", sa.Text()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_duty_change_approval_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_duty_change_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_change")),
        sa.UniqueConstraint("number", name=op.f("uq_duty_change_number")),
    )
    op.create_index(op.f("ix_duty_change_department_id"), "duty_change", ["department_id"])
    op.create_index("ix_duty_change_state", "duty_change", ["state"])
    op.create_table(
        "node_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("from_department_id", sa.Uuid(), nullable=False),
        sa.Column("to_department_id", sa.Uuid(), nullable=False),
        sa.Column("from_name", sa.String(length=200), nullable=False),
        sa.Column("to_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(length=400), nullable=False),
        sa.Column("nodes_count", sa.Integer(), nullable=False),
        sa.Column("nodes_sm3", sa.String(length=64), nullable=False),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("give_approval_id", sa.Uuid(), nullable=False),
        sa.Column("receive_approval_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_reason", sa.Text()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_department_id"], ["department.id"], name=op.f("fk_node_transfer_from_department_id")
        ),
        sa.ForeignKeyConstraint(["give_approval_id"], ["approval.id"], name=op.f("fk_node_transfer_give_approval_id")),
        sa.ForeignKeyConstraint(
            ["receive_approval_id"], ["approval.id"], name=op.f("fk_node_transfer_receive_approval_id")
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["node_transfer.id"], name=op.f("fk_node_transfer_reverses_id")),
        sa.ForeignKeyConstraint(
            ["to_department_id"], ["department.id"], name=op.f("fk_node_transfer_to_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_transfer")),
        sa.UniqueConstraint("number", name=op.f("uq_node_transfer_number")),
    )
    op.create_index("ix_node_transfer_from_department_id", "node_transfer", ["from_department_id"])
    op.create_index("ix_node_transfer_state", "node_transfer", ["state"])
    op.create_index("ix_node_transfer_to_department_id", "node_transfer", ["to_department_id"])
    op.create_table(
        "duty_change_duty",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["duty_change.id"], name=op.f("fk_duty_change_duty_change_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_duty_change_duty_department_id")),
        sa.PrimaryKeyConstraint("change_id", "duty_id", name=op.f("pk_duty_change_duty")),
    )
    op.create_index("ix_duty_change_duty_duty_id", "duty_change_duty", ["duty_id"])
    op.create_table(
        "duty_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=20)),
        sa.Column("note", sa.Text()),
        sa.Column("due_on", sa.String(length=10)),
        sa.Column("opened_on", sa.String(length=10), nullable=False),
        sa.Column("workdays", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_by", sa.Uuid()),
        sa.Column("done_name", sa.String(length=120)),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["duty_change.id"], name=op.f("fk_duty_task_change_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_duty_task_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_task")),
        sa.UniqueConstraint("change_id", "node_id", name=op.f("uq_duty_task_change_id_node_id")),
    )
    op.create_index("ix_duty_task_department_id_state", "duty_task", ["department_id", "state"])
    op.create_index(op.f("ix_duty_task_node_id"), "duty_task", ["node_id"])
    op.create_table(
        "node_transfer_node",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("moved_version", sa.Integer()),
        sa.Column("moved_revision", sa.Integer()),
        sa.ForeignKeyConstraint(["transfer_id"], ["node_transfer.id"], name=op.f("fk_node_transfer_node_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", "node_id", name=op.f("pk_node_transfer_node")),
    )
    op.create_index("ix_node_transfer_node_node_id", "node_transfer_node", ["node_id"])
