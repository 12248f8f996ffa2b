"""Contracts and chain: accounts, releases, nodes and samples; then anchoring."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _ledger()


def _ledger() -> None:
    op.create_table(
        "chain_account",
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_chain_account")),
        sa.UniqueConstraint("purpose", name=op.f("uq_chain_account_purpose")),
    )
    op.create_table(
        "contract_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("creation_hash", sa.String(length=64), nullable=False),
        sa.Column("deployer", sa.String(length=42), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.String(length=66), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("live_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_release")),
    )
    op.create_index(
        "ix_contract_release_live",
        "contract_release",
        ["environment", "name", "chain_id"],
        unique=True,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "ix_contract_release_open",
        "contract_release",
        ["environment", "name", "chain_id"],
        unique=True,
        sqlite_where=sa.text("state = 'prepared'"),
        postgresql_where=sa.text("state = 'prepared'"),
    )
    op.create_table(
        "chain_node",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_chain_node_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_node")),
        sa.UniqueConstraint("url", name=op.f("uq_chain_node_url")),
    )
    op.create_table(
        "chain_node_sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("head_at", sa.BigInteger(), nullable=True),
        sa.Column("pending", sa.Integer(), nullable=True),
        sa.Column("latency", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["node_id"], ["chain_node.id"], name=op.f("fk_chain_node_sample_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_node_sample")),
    )
    op.create_index("ix_chain_node_sample_node_id_at", "chain_node_sample", ["node_id", "at"], unique=False)


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
