"""Catalog: Quality and collaboration."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "quality_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_quality_day_department_id")),
        sa.PrimaryKeyConstraint("day", "department_id", "node_kind", "rule", name=op.f("pk_quality_day")),
    )
    op.create_table(
        "quality_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("child_name", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_quality_failure_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_failure")),
    )
    op.create_index(
        "ix_quality_failure_department_id_node_kind",
        "quality_failure",
        ["department_id", "node_kind", "code", "rule"],
        unique=False,
    )
    op.create_index(op.f("ix_quality_failure_node_id"), "quality_failure", ["node_id"], unique=False)
    op.create_index("ix_quality_failure_rule", "quality_failure", ["rule", "department_id"], unique=False)
    op.create_table(
        "quality_figure",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_quality_figure_department_id")),
        sa.PrimaryKeyConstraint("department_id", "node_kind", "rule", name=op.f("pk_quality_figure")),
    )
    op.create_table(
        "quality_state",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_quality_state_department_id")),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_quality_state")),
    )
    op.create_table(
        "duplicate_decision",
        sa.Column("left_id", sa.Uuid(), nullable=False),
        sa.Column("right_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["left_id"], ["data_entry.id"], name=op.f("fk_duplicate_decision_left_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["right_id"], ["data_entry.id"], name=op.f("fk_duplicate_decision_right_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("left_id", "right_id", name=op.f("pk_duplicate_decision")),
    )
    op.create_index(op.f("ix_duplicate_decision_right_id"), "duplicate_decision", ["right_id"], unique=False)
    op.create_table(
        "favourite",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_favourite_user_id")),
        sa.PrimaryKeyConstraint("user_id", "node_id", name=op.f("pk_favourite")),
    )
    op.create_index(op.f("ix_favourite_node_id"), "favourite", ["node_id"], unique=False)
    op.create_table(
        "likely_duplicate",
        sa.Column("left_id", sa.Uuid(), nullable=False),
        sa.Column("right_id", sa.Uuid(), nullable=False),
        sa.Column("left_department_id", sa.Uuid(), nullable=False),
        sa.Column("right_department_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("title", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("codes", sa.Integer(), nullable=True),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["left_department_id"], ["department.id"], name=op.f("fk_likely_duplicate_left_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["left_id"], ["data_entry.id"], name=op.f("fk_likely_duplicate_left_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["right_department_id"], ["department.id"], name=op.f("fk_likely_duplicate_right_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["right_id"], ["data_entry.id"], name=op.f("fk_likely_duplicate_right_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("left_id", "right_id", name=op.f("pk_likely_duplicate")),
    )
    op.create_index("ix_likely_duplicate_left", "likely_duplicate", ["left_department_id", "score"], unique=False)
    op.create_index("ix_likely_duplicate_right", "likely_duplicate", ["right_department_id", "score"], unique=False)
    op.create_index(op.f("ix_likely_duplicate_right_id"), "likely_duplicate", ["right_id"], unique=False)
    op.create_index(op.f("ix_likely_duplicate_score"), "likely_duplicate", ["score"], unique=False)
    op.create_table(
        "node_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=100), nullable=False),
        sa.Column("author_department_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_department_id"], ["department.id"], name=op.f("fk_node_comment_author_department_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_node_comment_author_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["node_comment.id"], name=op.f("fk_node_comment_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_comment")),
    )
    op.create_index(op.f("ix_node_comment_author_id"), "node_comment", ["author_id"], unique=False)
    op.create_index("ix_node_comment_node_id", "node_comment", ["node_id", "root_id", "created_at"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(length=12), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_subscription_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("user_id", "target_id", name=op.f("uq_subscription_user_id_target_id")),
    )
    op.create_index("ix_subscription_target", "subscription", ["target", "target_id"], unique=False)
    op.create_table(
        "subscription_delivery",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_subscription_delivery_user_id")),
        sa.PrimaryKeyConstraint("audit_id", "user_id", name=op.f("pk_subscription_delivery")),
    )
    op.create_index(op.f("ix_subscription_delivery_at"), "subscription_delivery", ["at"], unique=False)
    op.create_table(
        "usage_day",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_usage_day_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "day", name=op.f("pk_usage_day")),
    )
    op.create_index(op.f("ix_usage_day_day"), "usage_day", ["day"], unique=False)
    op.create_table(
        "comment_mention",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["node_comment.id"], name=op.f("fk_comment_mention_comment_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_comment_mention_user_id")),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name=op.f("pk_comment_mention")),
    )
    op.create_table(
        "comment_trace",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["node_comment.id"], name=op.f("fk_comment_trace_comment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_trace")),
        sa.UniqueConstraint("comment_id", "revision", name=op.f("uq_comment_trace_comment_id_revision")),
    )
    _protect("comment_trace")


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
