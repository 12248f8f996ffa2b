"""Nodes with what is configured and seen, hours of samples, votes on validators, accounts that may send."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add columns and tables; the node that the platform uses is marked as its own."""
    flag = {"nullable": False, "server_default": sa.false()}
    for column in (
        sa.Column("own", sa.Boolean(), **flag),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("managed", sa.Boolean(), **flag),
        sa.Column("enode", sa.String(length=300), nullable=True),
        sa.Column("signer", sa.String(length=42), nullable=True),
        sa.Column("contact", sa.String(length=120), nullable=False, server_default=""),
        sa.Column("declared", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("engine", sa.String(length=12), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False, server_default="unknown"),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.Text(), nullable=True),
        sa.Column("lists", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ):
        op.add_column("chain_node", column)
    node = sa.table("chain_node", sa.column("own"), sa.column("managed"), sa.column("name"), sa.column("department_id"))
    op.execute(
        sa.update(node).where(node.c.name == "平台链节点", node.c.department_id.is_(None))
        .values(own=sa.true(), managed=sa.true())
    )
    for column in (
        sa.Column("lag", sa.BigInteger(), nullable=True), sa.Column("peers", sa.Integer(), nullable=True),
        sa.Column("skew", sa.BigInteger(), nullable=True),
    ):
        op.add_column("chain_node_sample", column)
    _tables()


def _tables() -> None:
    op.create_table(
        "chain_node_hour",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("lag_max", sa.BigInteger(), nullable=False),
        sa.Column("latency_sum", sa.BigInteger(), nullable=False),
        sa.Column("latency_max", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["chain_node.id"], name=op.f("fk_chain_node_hour_node_id_chain_node")),
        sa.PrimaryKeyConstraint("node_id", "hour", name=op.f("pk_chain_node_hour")),
    )
    op.create_table(
        "chain_node_vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("add", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("casts", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("maker_name", sa.String(length=120), nullable=False),
        sa.Column("checker_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["chain_node.id"], name=op.f("fk_chain_node_vote_node_id_chain_node")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_chain_node_vote_approval_id_approval")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_node_vote")),
    )
    op.create_index("ix_chain_node_vote_state", "chain_node_vote", ["state"])
    op.create_table(
        "chain_allowed_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_chain_allowed_account_department_id_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_allowed_account")),
        sa.UniqueConstraint("address", name=op.f("uq_chain_allowed_account_address")),
    )


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
