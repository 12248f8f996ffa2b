"""Alembic environment: the connection and the metadata are handed in by :mod:`mulian.migrations.run`."""

from alembic import context

from kernel.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
