"""Catalog: cells that others changed too, exports in the background, proposals; staged rows without raw cells."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables; what stood in the cells of old batches is in their files."""
    op.drop_column("import_row", "raw")
    _clashes()
    _exports()
    _proposals()


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")


def _clashes() -> None:
    op.create_table(
        "import_clash",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_seq", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("current", sa.Text(), nullable=False),
        sa.Column("mine", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(length=10)),
        sa.Column("chosen_by", sa.Uuid()),
        sa.Column("chosen_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_clash_batch_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "seq", name=op.f("pk_import_clash")),
    )


def _exports() -> None:
    op.create_table(
        "catalog_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20)),
        sa.Column("template", sa.Boolean(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.Integer()),
        sa.Column("held_back", sa.Integer()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sm3", sa.String(length=64)),
        sa.Column("failure", sa.Text()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger()),
        sa.Column("job_id", sa.Uuid()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_catalog_export_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_export")),
    )
    op.create_index(op.f("ix_catalog_export_department_id"), "catalog_export", ["department_id"])


def _proposals() -> None:
    op.create_table(
        "catalog_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("entry_id", sa.Uuid()),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_name", sa.String(length=100)),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["data_entry.id"], name=op.f("fk_catalog_proposal_entry_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_catalog_proposal_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_proposal")),
        sa.UniqueConstraint("mark", name=op.f("uq_catalog_proposal_mark")),
    )
    op.create_index(op.f("ix_catalog_proposal_entry_id"), "catalog_proposal", ["entry_id"])
    op.create_index("ix_catalog_proposal_department_id_state", "catalog_proposal", ["department_id", "state"])
