"""A migrated database has the schema of a fresh one; a daemon runs on no other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from chassis.clock import SystemClock
from database.connect import Database, Role
from database.freeze import FIRST_MIGRATION, frozen
from database.migrate import _configuration, upgrade
from database.provision import prepare
from database.version import SCHEMA_VERSION, require_schema_version
from isp.errors import ExitCode, Refused
from tests.support.catalogue import catalogue
from tests.support.postgres import TEMPLATE, Server

Open = Callable[[Role], Database]
TODAY = SystemClock().now().date()


@pytest.fixture
def empty_config(server: Server, tmp_path: Path):
    """A database without tables, whose owner may make some."""
    with server.database(template=None) as name:
        with server.admin(name) as admin:
            admin.execute("GRANT USAGE, CREATE ON SCHEMA public TO turnpike_owner")
        yield server.config(name, tmp_path)


async def test_migrated_is_fresh(server: Server, empty_config):
    owner = Database(empty_config, Role.OWNER)
    async with owner.transaction() as connection:
        await connection.run_sync(upgrade)
    await owner.close()
    with server.admin(TEMPLATE) as fresh, server.admin(_name(empty_config)) as migrated:
        expected, actual = catalogue(fresh), catalogue(migrated)

    assert set(expected) == set(actual), "run `make migration`"
    differing = {name for name in expected if expected[name] != actual[name]}
    assert {} == {name: (expected[name], actual[name]) for name in sorted(differing)}


def test_the_first_migration_is_what_the_tables_say():
    assert frozen() == FIRST_MIGRATION.read_text(), "run `make migration`"


def test_the_version_is_the_last_migration():
    configuration = _configuration(None)  # type: ignore[arg-type]  # reads files only

    assert SCHEMA_VERSION == ScriptDirectory.from_config(configuration).get_current_head()


async def test_preparing_again_changes_nothing(server: Server, database_config):
    with server.admin(_name(database_config)) as admin:
        before = catalogue(admin)
        await prepare(database_config, today=TODAY, durable=False)

        assert before == catalogue(admin)


async def test_a_daemon_runs_on_the_schema_of_its_program(database: Open):
    await require_schema_version(database(Role.RADIUSD))


@pytest.mark.parametrize("version", ["0000", "9999"])
async def test_a_daemon_refuses_another_schema(database: Open, version: str):
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(text(f"UPDATE schema_version SET version_num = '{version}'"))
    with pytest.raises(Refused, match=version) as refusal:
        await require_schema_version(database(Role.RADIUSD))

    assert ExitCode.CONFIGURATION == refusal.value.exit_code


async def test_a_daemon_refuses_a_database_without_a_schema(empty_config):
    radiusd = Database(empty_config, Role.RADIUSD)
    with pytest.raises(Refused, match="turnpike db migrate") as refusal:
        await require_schema_version(radiusd)
    await radiusd.close()

    assert ExitCode.CONFIGURATION == refusal.value.exit_code


async def test_a_database_ahead_of_the_program_is_left_alone(database: Open, database_config):
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(text("UPDATE schema_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="install the newer Turnpike"):
        await prepare(database_config, today=TODAY, durable=False)


def _name(config) -> str:
    return config.url.reveal().rpartition("/")[2]
