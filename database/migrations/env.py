"""Alembic's entry: runs the migrations on the connection and in the transaction it is given."""

from alembic import context

from database.roles import SCHEMA_VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=SCHEMA_VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
