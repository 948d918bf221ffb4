"""Preparing a server: any that keeps what it acknowledged, by an admin who need not be all."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.connect import Database, Role
from database.embedded import EmbeddedServer
from database.partitions import drop_expired
from database.provision import prepare, serving
from database.roles import LOGIN_ROLES
from isp.errors import ExitCode, Refused
from tests.support.apart import apart
from tests.support.catalogue import catalogue
from tests.support.postgres import TEMPLATE, Server, ServerKind, system_binaries

TODAY = SystemClock().now().date()


@pytest.fixture
def own_server(server: Server, server_kind: ServerKind) -> Iterator[Server]:
    """A server without Turnpike's roles."""
    data = Path(tempfile.mkdtemp(prefix="turnpike-provision-"))
    data.chmod(0o755)
    binaries = system_binaries() if server_kind is ServerKind.SYSTEM else None
    embedded = EmbeddedServer(data, binaries=binaries, durable=False)
    apart(embedded.start())
    yield Server(kind=server_kind, data=data)
    apart(embedded.stop())
    shutil.rmtree(data)


def as_user(server: Server, user: str, password: str, data: Path) -> DatabaseConfig:
    """The configuration of another node, that `user` provisions."""
    url = server.config("turnpike", data).url
    assert url is not None
    host = url.reveal().rpartition("@")[2]
    return DatabaseConfig(url=Secret(f"postgresql://{user}:{password}@{host}"), data=data)


async def test_an_admin_who_is_no_superuser_prepares_the_same_schema(
    own_server: Server, server: Server, tmp_path: Path
):
    with own_server.admin() as admin:
        admin.execute("CREATE ROLE dba LOGIN CREATEROLE CREATEDB PASSWORD 'word'")
    config = as_user(own_server, "dba", "word", tmp_path)
    await prepare(config, today=TODAY, durable=False)
    billingd, owner = Database(config, Role.BILLINGD), Database(config, Role.OWNER)
    async with billingd.transaction() as transaction:
        dropped = await drop_expired(transaction, TODAY)
        names = (await transaction.execute(text("SELECT name FROM tenant"))).scalars().all()
    async with owner.transaction() as transaction:
        bypasses = await transaction.scalar(
            text("SELECT rolbypassrls FROM pg_roles WHERE rolname = 'turnpike_owner'")
        )
    await billingd.close()
    await owner.close()
    with own_server.admin("turnpike") as made, server.admin(TEMPLATE) as usual:
        actual, expected = catalogue(made), catalogue(usual)

    assert (0, ["default"], False) == (dropped, names, bypasses)
    assert expected == actual


async def test_an_admin_who_may_not_create_roles_is_told_so(own_server: Server, tmp_path: Path):
    with own_server.admin() as admin:
        admin.execute("CREATE ROLE poor LOGIN PASSWORD 'word'")
    with pytest.raises(Refused, match="may not create roles") as refusal:
        await prepare(as_user(own_server, "poor", "word", tmp_path), today=TODAY, durable=False)

    assert ExitCode.CONFIGURATION == refusal.value.exit_code
    assert "CREATEROLE" in refusal.value.remedy


async def test_a_server_that_may_lose_what_it_acknowledged_is_refused(database_config):
    with pytest.raises(Refused, match="fsync = off") as refusal:
        await prepare(database_config, today=TODAY)

    assert ExitCode.CONFIGURATION == refusal.value.exit_code


async def test_roles_without_their_passwords_are_not_taken_from_other_nodes(
    server: Server, tmp_path: Path
):
    usual = server.config("turnpike_other", tmp_path)
    config = usual.model_copy(update={"password_file": tmp_path / "passwords"})
    with pytest.raises(Refused, match="has no password for it"):
        await prepare(config, today=TODAY, durable=False)


async def test_a_database_that_exists_already_is_used(server: Server, tmp_path: Path):
    with server.database(template=None) as name:
        config = server.config(name, tmp_path)
        await prepare(config, today=TODAY, durable=False)
        with server.admin(TEMPLATE) as usual, server.admin(name) as made:
            assert catalogue(usual) == catalogue(made)


async def test_strangers_may_not_connect(server: Server, database_config):
    with server.admin() as admin:
        admin.execute("CREATE ROLE stranger LOGIN PASSWORD 'word'")
    url = database_config.url.reveal()
    host = url.rpartition("@")[2]
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            await psycopg.AsyncConnection.connect(f"postgresql://stranger:word@{host}")
    finally:
        with server.admin() as admin:
            admin.execute("DROP ROLE stranger")


async def test_a_server_that_is_away_is_refused_with_its_words(tmp_path: Path):
    config = DatabaseConfig(url=Secret("postgresql://u:secret@127.0.0.1:1/db"), data=tmp_path)
    with pytest.raises(Refused, match="cannot be reached") as refusal:
        await prepare(config, today=TODAY)

    assert ExitCode.UNAVAILABLE == refusal.value.exit_code
    assert "secret" not in str(refusal.value)


async def test_serving_an_ordinary_server_starts_nothing(database_config):
    async with serving(database_config):
        pass

    assert not (database_config.data / "postgres").exists()


def test_each_role_has_its_own_password_in_a_file_for_its_owner_only(database_config):
    path = database_config.password_file
    words = dict(line.split(":", 1) for line in path.read_text().split())

    assert {role.postgres_name for role in LOGIN_ROLES} | {"turnpike_admin"} == set(words)
    assert len(words) == len(set(words.values()))
    assert 0o600 == path.stat().st_mode & 0o777


async def test_a_password_file_that_others_may_read_is_refused(database_config, tmp_path: Path):
    loose = tmp_path / "loose"
    loose.write_text(database_config.password_file.read_text())
    loose.chmod(0o644)
    database = Database(database_config.model_copy(update={"password_file": loose}), Role.RADIUSD)
    with pytest.raises(Refused, match="open to others") as refusal:
        async with database.transaction():
            pass

    assert f"chmod 0600 {loose}" == refusal.value.remedy
