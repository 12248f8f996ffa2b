"""The chain in tables: blocks, transactions, logs, events, attributions, contracts, rollups and the cursor."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
_FAILED, _CREATED = sa.text("reason IS NOT NULL"), sa.text("created IS NOT NULL")
_BUSY = sa.text("transactions > 0")


def upgrade() -> None:
    """Create the tables; the follower fills them from block 0 on."""
    _progress()
    _chain()
    _events()


def _progress() -> None:
    op.create_table(
        "chain_cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("genesis_hash", sa.String(length=66), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.String(length=66), nullable=False),
        sa.Column("block_at", sa.BigInteger(), nullable=False),
        sa.Column("forks", sa.Integer(), nullable=False),
        sa.Column("fork_depth", sa.Integer(), nullable=False),
        sa.Column("forked_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_cursor")),
    )
    op.create_table(
        "chain_contract",
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("redecode_from", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_chain_contract")),
    )
    op.create_table(
        "chain_rollup",
        sa.Column("grain", sa.String(length=8), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        *[
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in (
                "blocks", "empty", "transactions", "failed", "gas_used", "missed", "first_block", "last_block",
                "peak", "peak_at",
            )
        ],
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("failures", "intervals", "sealers", "departments")],
        sa.PrimaryKeyConstraint("grain", "start", name=op.f("pk_chain_rollup")),
    )


def _chain() -> None:
    op.create_table(
        "chain_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("parent_hash", sa.String(length=66), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=True),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("logs", sa.Integer(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealer", sa.String(length=42), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chain_block")),
    )
    op.create_index("ix_chain_block_hash", "chain_block", ["hash"], unique=True)
    op.create_index("ix_chain_block_at", "chain_block", ["at"])
    op.create_index("ix_chain_block_busy", "chain_block", ["number"], sqlite_where=_BUSY, postgresql_where=_BUSY)
    op.create_table(
        "chain_transaction",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.Column("to_address", sa.String(length=42), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.String(length=42), nullable=True),
        sa.Column("logs", sa.Integer(), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=True),
        sa.Column("method", sa.String(length=80), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("reason_text", sa.String(length=300), nullable=True),
        sa.Column("revert", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "tx_index", name=op.f("pk_chain_transaction")),
    )
    op.create_index("ix_chain_transaction_hash", "chain_transaction", ["hash"], unique=True)
    for name in ("sender", "to_address", "contract"):
        op.create_index(f"ix_chain_transaction_{name}", "chain_transaction", [name, "block_number", "tx_index"])
    op.create_index("ix_chain_transaction_failed", "chain_transaction", ["block_number", "tx_index"], sqlite_where=_FAILED, postgresql_where=_FAILED)
    op.create_index("ix_chain_transaction_created", "chain_transaction", ["created"], sqlite_where=_CREATED, postgresql_where=_CREATED)


def _events() -> None:
    op.create_table(
        "chain_log",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tx_index", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_chain_log")),
    )
    op.create_index("ix_chain_log_address", "chain_log", ["address", "block_number", "log_index"])
    op.create_table(
        "chain_event",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tx_index", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("stream", sa.String(length=66), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_chain_event")),
    )
    op.create_index("ix_chain_event_contract", "chain_event", ["contract", "event", "block_number", "log_index"])
    op.create_index("ix_chain_event_address", "chain_event", ["address", "block_number", "log_index"])
    op.create_index("ix_chain_event_stream", "chain_event", ["stream", "block_number", "log_index"])
    op.create_table(
        "chain_attribution",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_chain_attribution_department_id")),
        sa.PrimaryKeyConstraint("block_number", "tx_index", "part", name=op.f("pk_chain_attribution")),
    )
    op.create_index("ix_chain_attribution_department_id", "chain_attribution", ["department_id", "block_number", "tx_index", "part"])


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")
