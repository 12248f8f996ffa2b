"""Contracts and chain: accounts, releases, nodes and samples; then anchoring."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _ledger()
    _anchoring()


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


def _anchoring() -> None:
    op.create_table(
        "anchor_stream",
        sa.Column("name", sa.String(length=28), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_anchor_stream")),
    )
    op.create_table(
        "anchor_tile",
        sa.Column("stream", sa.String(length=28), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "epoch", "level", "number", name=op.f("pk_anchor_tile")),
    )
    op.create_table(
        "anchor_trust",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("genesis_hash", sa.String(length=66), nullable=False),
        sa.Column("registry_address", sa.String(length=42), nullable=False),
        sa.Column("sealers", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_trust")),
    )
    op.create_table(
        "anchor_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(length=28), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("from_index", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("prev_head", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("tx_hash", sa.String(length=66), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("final_at", sa.BigInteger(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.String(length=66), nullable=True),
        sa.Column("block_time", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["anchor_stream.name"], name=op.f("fk_anchor_batch_stream")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_batch")),
        sa.UniqueConstraint("stream", "epoch", "seq", "state", name=op.f("uq_anchor_batch_stream_epoch_seq_state")),
    )
    op.create_index("ix_anchor_batch_created_at", "anchor_batch", ["created_at"], unique=False)
    op.create_index("ix_anchor_batch_open", "anchor_batch", ["stream"], unique=True, sqlite_where=sa.text("state = 'prepared'"), postgresql_where=sa.text("state = 'prepared'"))
    op.create_table(
        "anchor_checkpoint",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["anchor_batch.id"], name=op.f("fk_anchor_checkpoint_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_anchor_checkpoint")),
    )
    op.create_table(
        "anchor_leaf",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(length=28), nullable=False),
        sa.Column("object_type", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("index", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["audit_log.id"], name=op.f("fk_anchor_leaf_audit_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["anchor_batch.id"], name=op.f("fk_anchor_leaf_batch_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_anchor_leaf_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_leaf")),
        sa.UniqueConstraint("stream", "epoch", "index", name=op.f("uq_anchor_leaf_stream_epoch_index")),
        sa.UniqueConstraint("stream", "object_type", "object_id", "version", name=op.f("uq_anchor_leaf_stream_object_type_object_id_version")),
    )
    op.create_index("ix_anchor_leaf_batch_id", "anchor_leaf", ["batch_id"], unique=False)
    op.create_index("ix_anchor_leaf_department_id_created_at", "anchor_leaf", ["department_id", "created_at"], unique=False)
    op.create_index("ix_anchor_leaf_object", "anchor_leaf", ["object_type", "object_id", "version"], unique=False)
    op.create_index("ix_anchor_leaf_waiting", "anchor_leaf", ["stream", "id"], unique=False, sqlite_where=sa.text("batch_id IS NULL"), postgresql_where=sa.text("batch_id IS NULL"))


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
