"""Run by alembic with a connection that `gateway.store.schema` gives it."""

from alembic import context
from sqlmodel import SQLModel

from gateway.store import alert_tables, delivery_tables, tables

TABLES = (tables, alert_tables, delivery_tables)  # imported so that the metadata is complete

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
