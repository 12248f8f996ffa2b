"""Catalog: Interfaces others speak: the public change feed and the triggers that keep it whole."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_QUEUE = "INSERT INTO feed_dirty (entry_id) "
_OF = _QUEUE + "SELECT e.id FROM data_entry e WHERE e.version > 0 AND e.{column} = {row}.{other}"
_LINKED = (
    _QUEUE + "SELECT e.id FROM data_entry e JOIN data_system l ON l.entry_id = e.id "
    "WHERE e.version > 0 AND l.system_id = NEW.id"
)
# (table, event, condition without a subquery, what to queue); a draft that never was published costs a comparison
_TRIGGERS = (
    ("data_entry", "INSERT", "NEW.version > 0", _QUEUE + "VALUES (NEW.id)"),
    ("data_entry", "UPDATE", "OLD.version > 0 OR NEW.version > 0", _QUEUE + "VALUES (NEW.id)"),
    ("data_entry", "DELETE", "OLD.version > 0", _QUEUE + "VALUES (OLD.id)"),
    ("department", "UPDATE", "1 = 1", _OF.format(column="department_id", row="NEW", other="id")),
    ("system", "UPDATE", "1 = 1", _LINKED),
    ("data_system", "INSERT", "1 = 1", _OF.format(column="id", row="NEW", other="entry_id")),
    ("data_system", "UPDATE", "1 = 1", _OF.format(column="id", row="NEW", other="entry_id")),
    ("data_system", "DELETE", "1 = 1", _OF.format(column="id", row="OLD", other="entry_id")),
)


def upgrade() -> None:
    """Create the tables, let the database itself queue what must be looked at, and queue what is there."""
    _tables()
    _protect("feed_change")
    for table, event, condition, queue in _TRIGGERS:
        _trigger(table, event, condition, queue)
    op.execute(_QUEUE + "SELECT id FROM data_entry WHERE version > 0")


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")


def _trigger(table: str, event: str, condition: str, queue: str) -> None:
    name = f"{table}_feed_{event.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {condition} BEGIN {queue}; END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {queue}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
    )


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


def _tables() -> None:
    op.create_table(
        "feed_change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("op", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_feed_change")),
    )
    op.create_index(op.f("ix_feed_change_at"), "feed_change", ["at"])
    op.create_index("ix_feed_change_entry_id_version", "feed_change", ["entry_id", "version"])
    op.create_table(
        "feed_dirty",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_dirty")),
    )
    op.create_table(
        "feed_record",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_feed_record")),
        sa.UniqueConstraint("seq", name=op.f("uq_feed_record_seq")),
    )
    op.create_index(op.f("ix_feed_record_at"), "feed_record", ["at"])
    op.create_index("ix_feed_record_public_entry_id", "feed_record", ["public", "entry_id"])
