"""Catalog: review stages and reasons, secrecy records, edits, tombstones, online changes, releases, column levels."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_INSERT_ONLY = ("review_step", "node_edit", "node_tombstone", "online_change")
_NODES = ("duty", "data_entry", "system", "db_table")


def upgrade() -> None:
    """Create the tables, then carry over what older reviews and withdrawals recorded."""
    _reviews()
    _columns_of_cases()
    _nodes()
    _public()
    _carry_over()
    for table in _INSERT_ONLY:
        _protect(table)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")


def _reviews() -> None:
    op.create_table(
        "review_rule",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("due_workdays", sa.Integer()),
        sa.Column("separate_secrecy", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Uuid()),
        sa.Column("updated_name", sa.String(length=100), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_review_rule_department_id")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_review_rule")),
    )
    op.create_table(
        "review_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("opinion", sa.Text()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_name", sa.String(length=100)),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.String(length=10)),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_review_step_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_step")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_review_step_case_id_position")),
    )
    op.create_table(
        "review_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=60)),
        sa.Column("child_id", sa.Uuid()),
        sa.Column("child_name", sa.String(length=200)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("changed", sa.Boolean()),
        sa.Column("answered_in", sa.Uuid()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_review_reason_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_reason")),
    )
    for column in ("answered_in", "case_id", "node_id"):
        op.create_index(op.f(f"ix_review_reason_{column}"), "review_reason", [column])
    op.create_index("ix_secrecy_review_reviewed_at", "secrecy_review", ["reviewed_at"])


def _columns_of_cases() -> None:
    for column in (
        sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("stages", sa.Text(), nullable=False, server_default='["either"]'),
        sa.Column("stage_no", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("stage", sa.String(length=20), nullable=False, server_default="either"),
        sa.Column("stage_at", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("due_workdays", sa.Integer()),
        sa.Column("due_on", sa.String(length=10)),
        sa.Column("due_pending", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("note", sa.Text()),
        sa.Column("content", sa.Text()),
    ):
        op.add_column("review_case", column)
    op.create_index(
        "ix_review_case_due", "review_case", ["due_pending"],
        sqlite_where=sa.text("decision IS NULL"), postgresql_where=sa.text("decision IS NULL"),
    )


def _nodes() -> None:
    op.add_column("db_column", sa.Column("level", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "node_edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("edited_by", sa.Uuid()),
        sa.Column("edited_name", sa.String(length=100), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_edit")),
    )
    op.create_index("ix_node_edit_node_id_revision", "node_edit", ["node_id", "revision"])


def _public() -> None:
    op.create_table(
        "node_tombstone",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=100), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_node_tombstone_department_id")),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_node_tombstone")),
        sa.UniqueConstraint("code", name=op.f("uq_node_tombstone_code")),
    )
    op.create_index("ix_node_tombstone_node_kind_withdrawn_at", "node_tombstone", ["node_kind", "withdrawn_at"])
    op.create_table(
        "online_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid()),
        sa.Column("changed_name", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_online_change_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_change")),
    )
    op.create_index("ix_online_change_entry_id_changed_at", "online_change", ["entry_id", "changed_at"])
    op.create_table(
        "release_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("receiver", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("revoked_by", sa.String(length=100)),
        sa.Column("revoke_reason", sa.Text()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_release_approval_approval_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_release_approval_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_approval")),
    )
    op.create_index("ix_release_approval_entry_id_purpose", "release_approval", ["entry_id", "purpose"])


def _carry_over() -> None:
    """A decided case had one stage; its row is the step, and the reason of a return is one about the whole."""
    op.execute("UPDATE review_case SET stage_at = submitted_at")
    op.execute(
        "INSERT INTO review_step (id, case_id, position, stage, decision, opinion, decided_by, decided_name, "
        "decided_at, audit_id) SELECT id, id, 1, stage, decision, reason, decided_by, decided_name, decided_at, "
        "audit_id FROM review_case WHERE decision IN ('approve', 'return')"
    )
    op.execute(
        "INSERT INTO review_reason (id, case_id, node_id, position, reason) "
        "SELECT id, id, node_id, 1, reason FROM review_case WHERE decision = 'return' AND reason IS NOT NULL"
    )
    for table in _NODES:
        op.execute(
            "INSERT INTO node_tombstone (node_id, node_kind, code, name, department_id, version, reason, "
            f"withdrawn_at, withdrawn_by, audit_id) SELECT id, '{table}', code, name, department_id, version, "
            f"'此前撤销，当时未登记原因', valid_to, '', audit_id FROM {table} "
            "WHERE status = 'withdrawn' AND valid_to IS NOT NULL"
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
