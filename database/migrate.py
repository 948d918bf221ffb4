"""Alembic, driven from here: a fresh schema is stamped, an older one is upgraded step by step.

Fresh and migrated are the same schema (`tests/database/test_migrations.py` compares catalogues).
Migrations are written so that the programs of the version before keep working on the new schema.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from database.schema import statements
from database.version import SCHEMA_VERSION

__all__ = ["make_fresh", "upgrade"]


def make_fresh(connection: Connection) -> None:
    """The whole schema at once, in a database without tables, in the caller's transaction."""
    configuration = _configuration(connection)
    command.stamp(configuration, SCHEMA_VERSION)
    written = connection.execution_options(no_parameters=True)
    for statement in statements():
        written.exec_driver_sql(statement)


def upgrade(connection: Connection) -> None:
    """Every migration that is missing, in the caller's transaction."""
    command.upgrade(_configuration(connection), SCHEMA_VERSION)


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "database:migrations")
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration
