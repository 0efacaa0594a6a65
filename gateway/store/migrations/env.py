"""Run by alembic with a connection that `gateway.store.schema` gives it."""

from alembic import context
from sqlmodel import SQLModel

from gateway.failpoints import failpoint
from gateway.store import alert_tables, delivery_tables, tables, work_tables

TABLES = (tables, alert_tables, delivery_tables, work_tables)  # imported so that the metadata is complete

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
    on_version_apply=lambda **_: failpoint("schema.revision"),
)
with context.begin_transaction():
    context.run_migrations()
