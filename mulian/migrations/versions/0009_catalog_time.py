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
