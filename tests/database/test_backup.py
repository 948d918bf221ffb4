"""Backup and restore: everything comes back, nothing is lost on the way, followers begin anew."""

import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, insert, select, text

from chassis.config import DatabaseConfig
from database.address import admin_address
from database.backup import backup, restore
from database.connect import Database, Role
from database.follow import Follower
from database.tables.network import pool
from isp.errors import ExitCode, Refused
from tests.support.postgres import Server

Open = Callable[[Role], Database]
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


async def add(config: DatabaseConfig, name: str, third_octet: int) -> None:
    async with opened(config, Role.COMMAND) as database, database.transaction(1) as transaction:
        await transaction.execute(
            insert(pool).values(
                tenant_id=1,
                name=name,
                kind="ipv4",
                network=f"10.0.{third_octet}.0/24",
                prefix_length=32,
            )
        )


class opened:  # noqa: N801 - used as a function
    """A database as a role sees it, closed behind the body."""

    def __init__(self, config: DatabaseConfig, role: Role) -> None:
        self._database = Database(config, role)

    async def __aenter__(self) -> Database:
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


async def pools(config: DatabaseConfig) -> list[tuple[Any, ...]]:
    """Their names and who changed them last, as the owner sees them."""
    query = select(pool.c.name, pool.c.changed_xid).order_by(pool.c.name)
    async with opened(config, Role.OWNER) as database, database.transaction() as transaction:
        return [tuple(row) for row in await transaction.execute(query)]


@pytest.fixture
async def removed_after(server: Server, database_config: DatabaseConfig) -> AsyncIterator[None]:
    """Databases that a restore set aside go with the test."""
    yield
    name = admin_address(database_config)["dbname"]
    with server.admin() as admin:
        found = admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}_before_%"]
        ).fetchall()
        for (aside,) in found:
            admin.execute(f"DROP DATABASE {aside} WITH (FORCE)")


async def test_what_was_backed_up_comes_back_and_what_was_there_is_set_aside(
    database_config: DatabaseConfig, server: Server, tmp_path: Path, removed_after: None
):
    file = tmp_path / "turnpike.dump"
    await add(database_config, "north", 1)
    saved = await pools(database_config)
    await backup(database_config, file)
    await add(database_config, "south", 2)
    restored = await restore(database_config, file, now=NOW, durable=False)

    assert saved == await pools(database_config)
    assert restored.before == f"{restored.database}_before_20260301_123000"
    with server.admin(restored.before) as admin:
        assert (2,) == admin.execute("SELECT count(*) FROM pool").fetchone()


async def test_roles_have_the_restored_rows_as_they_had_them(
    database_config: DatabaseConfig, tmp_path: Path, removed_after: None
):
    await add(database_config, "north", 1)
    await backup(database_config, tmp_path / "turnpike.dump")
    await restore(database_config, tmp_path / "turnpike.dump", now=NOW, durable=False)
    await add(database_config, "south", 2)

    async with opened(database_config, Role.COMMAND) as database:
        async with database.transaction(1) as transaction:
            assert 2 == await transaction.scalar(select(func.count()).select_from(pool))
        async with database.transaction() as nobody:
            assert 0 == await nobody.scalar(select(func.count()).select_from(pool))


async def test_a_follower_reads_everything_anew_and_then_what_is_written(
    database_config: DatabaseConfig, tmp_path: Path, removed_after: None
):
    await add(database_config, "north", 1)
    await backup(database_config, tmp_path / "turnpike.dump")
    async with opened(database_config, Role.RADIUSD) as before:
        follower = Follower(before, pool)
        await follower.changes()
        position = follower._position
    await restore(database_config, tmp_path / "turnpike.dump", now=NOW, durable=False)
    async with opened(database_config, Role.RADIUSD) as after:
        follower = Follower(after, pool)
        follower._position = position
        read = [row.name for row in await follower.changes()]
        complete = follower.complete
        await add(database_config, "south", 2)
        later = [row.name for row in await follower.changes()]

    assert (["north"], True, ["south"]) == (read, complete, later)


async def test_a_database_in_use_is_not_replaced(database_config: DatabaseConfig, tmp_path: Path):
    file = tmp_path / "turnpike.dump"
    await backup(database_config, file)
    async with opened(database_config, Role.RADIUSD) as database, database.transaction() as busy:
        await busy.execute(text("SELECT 1"))
        with pytest.raises(Refused) as refused:
            await restore(database_config, file, now=NOW, durable=False)

    assert ExitCode.TRY_AGAIN == refused.value.exit_code


async def test_a_file_that_is_no_backup_changes_nothing(
    database_config: DatabaseConfig, server: Server, tmp_path: Path
):
    file = tmp_path / "turnpike.dump"
    file.write_text("CREATE TABLE t ();")
    name = admin_address(database_config)["dbname"]
    await add(database_config, "north", 1)
    with pytest.raises(Refused, match="pg_restore failed"):
        await restore(database_config, file, now=NOW, durable=False)
    with server.admin() as admin:
        left = admin.execute("SELECT FROM pg_database WHERE datname = %s", [f"{name}_restoring"])

    assert ["north"] == [each for each, _ in await pools(database_config)]
    assert 0 == left.rowcount


async def test_a_backup_of_something_else_changes_nothing(
    database_config: DatabaseConfig, server: Server, tmp_path: Path
):
    file = tmp_path / "other.dump"
    with server.database(None) as other:
        config = server.config(other, tmp_path)
        await backup(config, file)
    with pytest.raises(Refused, match="is no backup of Turnpike"):
        await restore(database_config, file, now=NOW, durable=False)

    assert [] == await pools(database_config)


async def test_a_backup_is_its_owners_alone_and_whole_or_not_there(
    database_config: DatabaseConfig, tmp_path: Path
):
    file = tmp_path / "turnpike.dump"
    await backup(database_config, file)
    with pytest.raises(Refused, match="cannot be written"):
        await backup(database_config, tmp_path / "nowhere" / "turnpike.dump")

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert [file] == [path for path in tmp_path.iterdir() if "dump" in path.name]


async def test_a_server_that_is_away_is_said_so(tmp_path: Path, database_config: DatabaseConfig):
    gone = database_config.model_copy(
        update={"url": type(database_config.url)("postgresql://nobody@127.0.0.1:1/turnpike")}
    )
    with pytest.raises(Refused) as refused:
        await backup(gone, tmp_path / "turnpike.dump")

    assert ExitCode.UNAVAILABLE == refused.value.exit_code
    assert isinstance(refused.value.__cause__, psycopg.OperationalError)
