"""The directory: four levels, links, versions, review, search, imports."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NODES = ("data_entry", "db_table", "duty", "system")
_LINKS = ("duty_data", "data_system", "system_table", "item_column")
_INSERT_ONLY = ("node_version", "secrecy_review")


def upgrade() -> None:
    """Create the tables and the full-text index of the database at hand."""
    _tables()
    for table in _NODES:
        op.create_index(f"ix_{table}_department_id", table, ["department_id"])
    for table in (*_NODES, *_LINKS):
        op.create_index(f"ix_{table}_batch_id", table, ["batch_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE search_fts USING fts5(tokens, tokenize = 'ascii')")
    else:
        op.execute(
            "CREATE TABLE search_tsv (part_id BIGINT PRIMARY KEY REFERENCES search_part (id) ON DELETE CASCADE, "
            "tsv tsvector NOT NULL)"
        )
        # without fastupdate a serialisable reader locks the pages it read, not the whole index
        op.execute("CREATE INDEX ix_search_tsv_tsv ON search_tsv USING gin (tsv) WITH (fastupdate = off)")
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


def _node(table: str) -> tuple[Any, ...]:
    """The columns and constraints of every node (catalog.nodes.models.NodeColumns)."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=200)),
        sa.Column("region", sa.String(length=12)),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.String(length=64)),
        sa.Column("valid_from", sa.BigInteger()),
        sa.Column("valid_to", sa.BigInteger()),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("legacy_code", sa.String(length=500)),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Uuid()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f(f"fk_{table}_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
        sa.UniqueConstraint("source", "legacy_code", name=op.f(f"uq_{table}_source_legacy_code")),
    )


def _link(table: str) -> tuple[Any, ...]:
    """The columns of every link (catalog.nodes.models.LinkColumns)."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _tables() -> None:
    op.create_table(
        "code_counter",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_code_counter")),
    )
    op.create_table(
        "node_change",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("updated_by", sa.Uuid()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_node_change")),
    )
    op.create_table(
        "secrecy_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid()),
        sa.Column("reviewer_name", sa.String(length=100), nullable=False),
        sa.Column("conclusion", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrecy_review")),
    )
    op.create_index("ix_secrecy_review_node_id_revision", "secrecy_review", ["node_id", "revision"])
    op.create_table(
        "data_entry",
        *_node("data_entry"),
        sa.Column("class_code", sa.String(length=40)),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("theme", sa.String(length=40)),
        sa.Column("theme_text", sa.String(length=100)),
        sa.Column("formats", sa.Text(), nullable=False),
        sa.Column("format_class", sa.String(length=20)),
        sa.Column("share_type", sa.String(length=20)),
        sa.Column("share_condition", sa.Text()),
        sa.Column("no_share_basis", sa.Text()),
        sa.Column("share_mode", sa.String(length=20)),
        sa.Column("share_method", sa.String(length=20)),
        sa.Column("open_type", sa.String(length=20)),
        sa.Column("open_condition", sa.Text()),
        sa.Column("update_cycle", sa.String(length=20)),
        sa.Column("update_cycle_text", sa.String(length=200)),
        sa.Column("published_on", sa.String(length=10)),
        sa.Column("data_updated_at", sa.BigInteger()),
        sa.Column("data_update_source", sa.String(length=10)),
        sa.Column("related_codes", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("data_range", sa.Text()),
        sa.Column("use_scene", sa.Text()),
        sa.Column("record_count", sa.Integer()),
        sa.Column("storage", sa.String(length=100)),
        sa.Column("authoritative", sa.Boolean(), nullable=False),
        sa.Column("source_url", sa.String(length=500)),
        sa.Column("online", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_data_entry_department_id_status", "data_entry", ["department_id", "status"])
    op.create_index(op.f("ix_data_entry_theme"), "data_entry", ["theme"])
    op.create_table(
        "db_table",
        *_node("db_table"),
        sa.Column("db_kind", sa.String(length=40)),
        sa.Column("schema_name", sa.String(length=128)),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("row_count", sa.Integer()),
        sa.Column("last_update_at", sa.BigInteger()),
    )
    op.create_table(
        "duty",
        *_node("duty"),
        sa.Column("basis_doc", sa.String(length=400)),
        sa.Column("basis_text", sa.Text()),
        sa.Column("duty_type", sa.String(length=20), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("effective_on", sa.String(length=10)),
        sa.Column("abolished_by", sa.String(length=400)),
        sa.ForeignKeyConstraint(["parent_id"], ["duty.id"], name=op.f("fk_duty_parent_id")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(length=60), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("undone_at", sa.BigInteger()),
        sa.Column("job_id", sa.Uuid()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_import_batch_department_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(op.f("ix_import_batch_department_id"), "import_batch", ["department_id"])
    op.create_table(
        "node_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64)),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid()),
        sa.Column("approver_id", sa.Uuid()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_node_version_department_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_version")),
        sa.UniqueConstraint(
            "node_kind", "node_id", "version", name=op.f("uq_node_version_node_kind_node_id_version"),
        ),
    )
    op.create_index(op.f("ix_node_version_department_id"), "node_version", ["department_id"])
    op.create_table(
        "review_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.Uuid()),
        sa.Column("submitted_name", sa.String(length=100), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Uuid()),
        sa.Column("opened_at", sa.BigInteger()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_name", sa.String(length=100)),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decision", sa.String(length=10)),
        sa.Column("reason", sa.Text()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_review_case_department_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
    )
    op.create_index("ix_review_case_department_id_decision", "review_case", ["department_id", "decision"])
    op.create_index(op.f("ix_review_case_node_id"), "review_case", ["node_id"])
    op.create_index(
        "uq_review_case_open", "review_case", ["node_id"], unique=True,
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_table(
        "search_doc",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_search_doc_department_id"),
        ),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_search_doc")),
    )
    op.create_index(op.f("ix_search_doc_code"), "search_doc", ["code"])
    op.create_index("ix_search_doc_node_kind_department_id", "search_doc", ["node_kind", "department_id"])
    op.create_table(
        "system",
        *_node("system"),
        sa.Column("short_name", sa.String(length=100)),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("mlps_level", sa.Integer()),
        sa.Column("network", sa.String(length=20)),
        sa.Column("hosting", sa.String(length=200)),
        sa.Column("live_on", sa.String(length=10)),
        sa.Column("retired_on", sa.String(length=10)),
        sa.Column("builder", sa.String(length=200)),
        sa.Column("maintainer", sa.String(length=200)),
        sa.Column("has_interface", sa.Boolean(), nullable=False),
        sa.Column("no_interface_reason", sa.Text()),
        sa.Column("project_numbers", sa.Text(), nullable=False),
    )
    op.create_table(
        "data_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=180), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("data_type", sa.String(length=20)),
        sa.Column("length", sa.Integer()),
        sa.Column("precision", sa.Integer()),
        sa.Column("code_set", sa.String(length=100)),
        sa.Column("share_type", sa.String(length=20)),
        sa.Column("open_type", sa.String(length=20)),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("pii", sa.Boolean(), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_data_item_entry_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_item")),
        sa.UniqueConstraint("code", name=op.f("uq_data_item_code")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_data_item_entry_id_number")),
    )
    op.create_table(
        "data_system",
        *_link("data_system"),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_data_system_entry_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["system_id"], ["system.id"], name=op.f("fk_data_system_system_id"), ondelete="CASCADE",
        ),
        sa.UniqueConstraint("entry_id", "system_id", name=op.f("uq_data_system_entry_id_system_id")),
    )
    op.create_index(op.f("ix_data_system_system_id"), "data_system", ["system_id"])
    op.create_table(
        "db_column",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("name_zh", sa.String(length=200)),
        sa.Column("data_type", sa.String(length=60), nullable=False),
        sa.Column("length", sa.Integer()),
        sa.Column("nullable", sa.Boolean(), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_id"], ["db_table.id"], name=op.f("fk_db_column_table_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_db_column")),
        sa.UniqueConstraint("code", name=op.f("uq_db_column_code")),
        sa.UniqueConstraint("table_id", "number", name=op.f("uq_db_column_table_id_number")),
    )
    op.create_table(
        "duty_data",
        *_link("duty_data"),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["duty.id"], name=op.f("fk_duty_data_duty_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_duty_data_entry_id"), ondelete="CASCADE",
        ),
        sa.UniqueConstraint("duty_id", "entry_id", name=op.f("uq_duty_data_duty_id_entry_id")),
    )
    op.create_index(op.f("ix_duty_data_entry_id"), "duty_data", ["entry_id"])
    op.create_table(
        "import_finding",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("row_no", sa.Integer()),
        sa.Column("column", sa.String(length=4)),
        sa.Column("header", sa.String(length=100)),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("fix_zh", sa.Text(), nullable=False),
        sa.Column("fix_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_finding_batch_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "seq", name=op.f("pk_import_finding")),
    )
    op.create_index("ix_import_finding_batch_id_severity", "import_finding", ["batch_id", "severity"])
    op.create_table(
        "import_row",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("node_id", sa.Uuid()),
        sa.Column("revision", sa.Integer()),
        sa.Column("before", sa.Text()),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "seq", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_batch_id_kind_action", "import_row", ["batch_id", "kind", "action"])
    op.create_table(
        "search_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_id"], ["search_doc.node_id"], name=op.f("fk_search_part_node_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_part")),
    )
    op.create_index(op.f("ix_search_part_node_id"), "search_part", ["node_id"])
    op.create_table(
        "system_table",
        *_link("system_table"),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["system_id"], ["system.id"], name=op.f("fk_system_table_system_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["table_id"], ["db_table.id"], name=op.f("fk_system_table_table_id"), ondelete="CASCADE",
        ),
        sa.UniqueConstraint("table_id", name=op.f("uq_system_table_table_id")),
    )
    op.create_index(op.f("ix_system_table_system_id"), "system_table", ["system_id"])
    op.create_table(
        "item_column",
        *_link("item_column"),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("column_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["column_id"], ["db_column.id"], name=op.f("fk_item_column_column_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["data_item.id"], name=op.f("fk_item_column_item_id"), ondelete="CASCADE",
        ),
        sa.UniqueConstraint("item_id", "column_id", name=op.f("uq_item_column_item_id_column_id")),
    )
    op.create_index(op.f("ix_item_column_column_id"), "item_column", ["column_id"])
