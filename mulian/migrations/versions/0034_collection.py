"""Collection: declared tables, upstreams, tasks, runs, rows that were refused; file resources."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
OPEN_RUN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    """Create the tables."""
    _tables()
    _upstreams()
    _tasks()
    _runs()
    _problems()
    _files()


def _tables() -> None:
    op.create_table(
        "collection_table",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("next_row", sa.BigInteger(), nullable=False),
        sa.Column("next_load", sa.BigInteger(), nullable=False),
        sa.Column("live_load", sa.BigInteger(), nullable=False),
        sa.Column("previous_load", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_collection_table_department_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_collection_table_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_table")),
        sa.UniqueConstraint("code", name=op.f("uq_collection_table_code")),
    )
    op.create_index(op.f("ix_collection_table_department_id"), "collection_table", ["department_id"])
    op.create_index(op.f("ix_collection_table_entry_id"), "collection_table", ["entry_id"])


def _upstreams() -> None:
    op.create_table(
        "collection_upstream",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_collection_upstream_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_upstream")),
        sa.UniqueConstraint("code", name=op.f("uq_collection_upstream_code")),
    )
    op.create_index(op.f("ix_collection_upstream_department_id"), "collection_upstream", ["department_id"])


def _tasks() -> None:
    op.create_table(
        "collection_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("bad_limit", sa.Integer(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=True),
        sa.Column("promise_hours", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("last_run", sa.Integer(), nullable=False),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.Column("hook_secret", sa.LargeBinary(), nullable=True),
        sa.Column("hook_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_collection_task_department_id")),
        sa.ForeignKeyConstraint(["table_id"], ["collection_table.id"], name=op.f("fk_collection_task_table_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_task")),
        sa.UniqueConstraint("code", name=op.f("uq_collection_task_code")),
        sa.UniqueConstraint("table_id", name=op.f("uq_collection_task_table_id")),
    )
    op.create_index(op.f("ix_collection_task_department_id"), "collection_task", ["department_id"])
    op.create_index("ix_collection_task_state_next_at", "collection_task", ["state", "next_at"])


def _runs() -> None:
    op.create_table(
        "collection_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("load", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["collection_task.id"], name=op.f("fk_collection_run_task_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_collection_run_job_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["file_id"], ["attachment.id"], name=op.f("fk_collection_run_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_run")),
    )
    op.create_index("uq_collection_run_number", "collection_run", ["task_id", "number"], unique=True)
    op.create_index("uq_collection_run_open", "collection_run", ["task_id"], unique=True, sqlite_where=OPEN_RUN,
                    postgresql_where=OPEN_RUN)


def _problems() -> None:
    op.create_table(
        "collection_problem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dept_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=70), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("row_env", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["dept_id"], ["department.id"], name=op.f("fk_collection_problem_dept_id")),
        sa.ForeignKeyConstraint(["task_id"], ["collection_task.id"], name=op.f("fk_collection_problem_task_id")),
        sa.ForeignKeyConstraint(["run_id"], ["collection_run.id"], name=op.f("fk_collection_problem_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_problem")),
    )
    op.create_index("uq_collection_problem_run_number", "collection_problem", ["run_id", "number"], unique=True)
    op.create_index("ix_collection_problem_task_state", "collection_problem", ["task_id", "state", "reason"])
    op.create_index("ix_collection_problem_task_digest", "collection_problem", ["task_id", "digest"])
    op.create_index("ix_collection_problem_dept_id_id", "collection_problem", ["dept_id", "id"])


def _files() -> None:
    op.create_table(
        "gateway_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_gateway_file_department_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["data_entry.id"], name=op.f("fk_gateway_file_entry_id")),
        sa.ForeignKeyConstraint(["file_id"], ["attachment.id"], name=op.f("fk_gateway_file_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_file")),
        sa.UniqueConstraint("code", name=op.f("uq_gateway_file_code")),
    )
    op.create_index(op.f("ix_gateway_file_department_id"), "gateway_file", ["department_id"])
    op.create_index(op.f("ix_gateway_file_entry_id"), "gateway_file", ["entry_id"])
    op.create_table(
        "gateway_file_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=120), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["gateway_file.id"], name=op.f("fk_gateway_file_request_resource_id")),
        sa.ForeignKeyConstraint(["file_id"], ["attachment.id"], name=op.f("fk_gateway_file_request_file_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_gateway_file_request_user_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_gateway_file_request_department_id")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_gateway_file_request_approval_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_file_request")),
    )
    op.create_index(op.f("ix_gateway_file_request_resource_id"), "gateway_file_request", ["resource_id"])
    op.create_index("ix_gateway_file_request_user_id", "gateway_file_request", ["user_id", "created_at"])
    op.create_table(
        "gateway_file_download",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["gateway_file.id"], name=op.f("fk_gateway_file_download_resource_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["gateway_file_request.id"], name=op.f("fk_gateway_file_download_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_file_download")),
    )
    op.create_index("ix_gateway_file_download_resource_id", "gateway_file_download", ["resource_id", "at"])
