"""Catalog: versions and changes of links, two more kinds of link, the ledger of projects."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_LINKS = ("duty_data", "data_system", "system_table", "item_column")
_OPEN = sa.text("decision IS NULL")


def upgrade() -> None:
    """Create the tables; links that exist are drafts (version 0) until they are registered."""
    for table in _LINKS:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("entry_hash", sa.String(length=64)))
        op.add_column(table, sa.Column("created_by", sa.Uuid()))
    _link("data_data", "data_entry")
    _link("duty_duty", "duty")
    _link_version()
    _link_change()
    _project_ledger()
    _protect("link_version")


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


def _ends() -> tuple[Any, ...]:
    return (
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
    )


def _link(table: str, node: str) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.String(length=64)),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        *_ends(),
        sa.ForeignKeyConstraint(["from_id"], [f"{node}.id"], name=op.f(f"fk_{table}_from_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], [f"{node}.id"], name=op.f(f"fk_{table}_to_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("from_id", "to_id", "relation", name=op.f(f"uq_{table}_from_id_to_id_relation")),
    )
    op.create_index(op.f(f"ix_{table}_batch_id"), table, ["batch_id"])
    op.create_index(op.f(f"ix_{table}_to_id"), table, ["to_id"])


def _link_version() -> None:
    op.create_table(
        "link_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_kind", sa.String(length=20), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        *_ends(),
        sa.Column("from_node_id", sa.Uuid(), nullable=False),
        sa.Column("to_node_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64)),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid()),
        sa.Column("approver_id", sa.Uuid()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_link_version_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_version")),
        sa.UniqueConstraint("link_id", "version", name=op.f("uq_link_version_link_id_version")),
    )
    op.create_index(op.f("ix_link_version_department_id"), "link_version", ["department_id"])
    op.create_index(op.f("ix_link_version_from_node_id"), "link_version", ["from_node_id"])
    op.create_index(op.f("ix_link_version_to_node_id"), "link_version", ["to_node_id"])
    op.create_index("ix_link_version_link_kind_from_id", "link_version", ["link_kind", "from_id"])


def _link_change() -> None:
    op.create_table(
        "link_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_kind", sa.String(length=20), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        *_ends(),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("submitted_by", sa.Uuid()),
        sa.Column("submitted_name", sa.String(length=100), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=10)),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_name", sa.String(length=100)),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_link_change_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_change")),
    )
    for column in ("batch_id", "from_id", "to_id"):
        op.create_index(op.f(f"ix_link_change_{column}"), "link_change", [column])
    op.create_index("ix_link_change_department_id_decision", "link_change", ["department_id", "decision"])
    op.create_index(
        "uq_link_change_open", "link_change", ["link_kind", "from_id", "to_id", "relation"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )


def _project_ledger() -> None:
    op.create_table(
        "project_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_no", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("budget", sa.BigInteger()),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("system_names", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_project_ledger_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_ledger")),
        sa.UniqueConstraint("project_no", name=op.f("uq_project_ledger_project_no")),
    )
    op.create_index(op.f("ix_project_ledger_department_id"), "project_ledger", ["department_id"])
