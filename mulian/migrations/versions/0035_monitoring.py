"""Incidents with their timelines, channels and what they are told, expressions over recorded series, checks."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Create the tables, then the columns that point at them."""
    _rules()
    _incidents()
    _channels()
    _checks()
    op.add_column("watch_target", sa.Column("group_key", sa.String(length=160), nullable=True))
    op.add_column("watch_target", sa.Column("counted", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("watch_sample", sa.Column("ladder", sa.Text(), nullable=True))
    op.add_column("watch_alarm", sa.Column("kind", sa.String(length=10), server_default="down", nullable=False))
    op.add_column("watch_alarm", sa.Column("subject", sa.String(length=160), server_default="", nullable=False))
    _refer("watch_alarm", "expression_id", "watch_expression.id")
    _refer("watch_alarm", "incident_id", "watch_incident.id")
    _refer("watch_silence", "expression_id", "watch_expression.id")
    op.create_index("ix_watch_alarm_incident_id", "watch_alarm", ["incident_id"])
    _history()


def _refer(table: str, column: str, to: str) -> None:
    key = sa.ForeignKey(to, name=f"fk_{table}_{column}")
    op.add_column(table, sa.Column(column, sa.Uuid(), key, nullable=True), inline_references=True)


def _history() -> None:
    """Make every alarm that there is an incident of its own."""
    op.execute(
        "INSERT INTO watch_incident (id, group_key, title_zh, title_en, severity, began_at, opened_at, closed_at,"
        " acknowledged_at, acknowledged_by, case_id, level, told_at, untold, sentence_zh, sentence_en, ladder, version)"
        " SELECT id, 'alarm:' || CAST(id AS VARCHAR(36)), title_zh, title_en, severity, opened_at, opened_at,"
        " closed_at, acknowledged_at, acknowledged_by, case_id, 0, CASE WHEN notified THEN opened_at END, 0,"
        " '', '', '[]', 1"
        " FROM watch_alarm"
    )
    op.execute("UPDATE watch_alarm SET incident_id = id")


def _rules() -> None:
    op.create_table(
        "watch_expression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("hold", sa.Integer(), nullable=False),
        sa.Column("keep", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_expression")),
        sa.UniqueConstraint("key", name=op.f("uq_watch_expression_key")),
    )
    op.create_table(
        "watch_point",
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("series", "at", name=op.f("pk_watch_point")),
    )


def _incidents() -> None:
    op.create_table(
        "watch_incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_key", sa.String(length=160), nullable=False),
        sa.Column("title_zh", sa.String(length=300), nullable=False),
        sa.Column("title_en", sa.String(length=300), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("untold", sa.Integer(), nullable=False),
        sa.Column("last_good_at", sa.BigInteger(), nullable=True),
        sa.Column("sentence_zh", sa.Text(), nullable=False),
        sa.Column("sentence_en", sa.Text(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_watch_incident_case_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_watch_incident_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_incident")),
    )
    op.create_index("ix_watch_incident_group_key_opened_at", "watch_incident", ["group_key", "opened_at"])
    op.create_index("ix_watch_incident_opened_at", "watch_incident", ["opened_at"])
    op.create_table(
        "watch_incident_line",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["watch_incident.id"], name=op.f("fk_watch_incident_line_incident_id"),
        ),
        sa.PrimaryKeyConstraint("incident_id", "seq", name=op.f("pk_watch_incident_line")),
    )


def _channels() -> None:
    op.create_table(
        "watch_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("min_severity", sa.String(length=10), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_watch_channel_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_channel")),
    )
    op.create_table(
        "watch_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("queued_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["watch_channel.id"], name=op.f("fk_watch_delivery_channel_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["watch_incident.id"], name=op.f("fk_watch_delivery_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_delivery")),
    )
    op.create_index(op.f("ix_watch_delivery_incident_id"), "watch_delivery", ["incident_id"])
    op.create_index("ix_watch_delivery_message_id_channel_id", "watch_delivery", ["message_id", "channel_id"])


def _checks() -> None:
    op.create_table(
        "gateway_health_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interface_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interface_id"], ["gateway_interface.id"], name=op.f("fk_gateway_health_check_interface_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_health_check")),
        sa.UniqueConstraint("interface_id", "kind", name=op.f("uq_gateway_health_check_interface_id_kind")),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
