"""Final records per stream and department, which 单位上链健康 reads; time stamps of checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Create the tables and count what is final."""
    _timestamps()
    op.create_table(
        "anchor_tally",
        sa.Column("stream", sa.String(length=28), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_anchor_tally_department_id")),
        sa.ForeignKeyConstraint(["stream"], ["anchor_stream.name"], name=op.f("fk_anchor_tally_stream")),
        sa.PrimaryKeyConstraint("stream", "department_id", name=op.f("pk_anchor_tally")),
    )
    op.create_index(op.f("ix_anchor_tally_department_id"), "anchor_tally", ["department_id"])
    op.execute(
        "INSERT INTO anchor_tally (stream, department_id, records) "
        "SELECT leaf.stream, leaf.department_id, count(*) FROM anchor_leaf AS leaf "
        "JOIN anchor_batch AS batch ON batch.id = leaf.batch_id "
        "WHERE batch.state = 'final' AND leaf.department_id IS NOT NULL GROUP BY leaf.stream, leaf.department_id"
    )


def _timestamps() -> None:
    op.create_table(
        "anchor_timestamp",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["anchor_batch.id"], name=op.f("fk_anchor_timestamp_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_anchor_timestamp")),
    )
