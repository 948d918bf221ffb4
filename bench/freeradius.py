"""The rival: Debian's FreeRADIUS beside the same Postgres server, or with its users in memory."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

__all__ = ["BenchUser", "FreeRadius", "free_radius", "free_udp_port", "install", "load_users"]

BINARY = Path("/usr/sbin/freeradius")
DEBIAN = Path("/etc/freeradius/3.0")
DRIVER = Path("/usr/lib/freeradius/rlm_sql_postgresql.so")
PACKAGES = ("freeradius", "freeradius-utils", "freeradius-postgresql")
STARTED_MESSAGE = "Ready to process requests"
START_SECONDS_MAX = 20.0
PLAN_GROUP = "bench"
RATE_LIMIT = "20M/100M"


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchUser:
    """One subscriber, the same on both sides."""

    login: str
    password: str
    ipv4: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeRadius:
    """A running FreeRADIUS: where it listens."""

    auth_port: int
    acct_port: int


def install() -> None:
    """The bench's own set-up step: Debian's packages, where they are not there yet."""
    if BINARY.exists() and DRIVER.exists():
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def load_users(dsn: str, users: Sequence[BenchUser]) -> None:
    """FreeRADIUS's own schema, with the users as its operators keep them: plans as groups."""
    schema = (DEBIAN / "mods-config/sql/main/postgresql/schema.sql").read_text()
    rows = {
        "radcheck (username, attribute, op, value)": [
            (user.login, "Cleartext-Password", ":=", user.password) for user in users
        ],
        "radreply (username, attribute, op, value)": [
            (user.login, "Framed-IP-Address", ":=", user.ipv4) for user in users
        ],
        "radusergroup (username, groupname, priority)": [
            (user.login, PLAN_GROUP, 1) for user in users
        ],
        "radgroupreply (groupname, attribute, op, value)": [
            (PLAN_GROUP, "Mikrotik-Rate-Limit", ":=", RATE_LIMIT)
        ],
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(schema)  # type: ignore[arg-type] # Debian's own file, not user input
        for table, table_rows in rows.items():
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in table_rows:
                    copy.write_row(row)
        connection.execute("ANALYZE")


@contextlib.contextmanager
def free_radius(
    directory: Path, *, secret: str, dsn: str | None, users: Sequence[BenchUser] = ()
) -> Iterator[FreeRadius]:
    """Run FreeRADIUS until the block ends; `dsn` None keeps the users in memory."""
    ports = FreeRadius(auth_port=free_udp_port(), acct_port=free_udp_port())
    raddb = directory / "raddb"
    raddb.mkdir(parents=True)
    shutil.copy(DEBIAN / "dictionary", raddb / "dictionary")
    (raddb / "users").write_text("".join(users_file_entry(user) for user in users))
    modules = sql_module(dsn) if dsn else files_module(raddb)
    (raddb / "radiusd.conf").write_text(
        configuration(directory, modules=modules, store="sql" if dsn else "files")
        + clients_and_server(
            secret=secret, ports=ports, store="sql" if dsn else "files", records=dsn is not None
        )
    )
    log = directory / "freeradius.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(BINARY), "-f", "-l", "stdout", "-d", str(raddb), "-n", "radiusd"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_started(process, log)
            yield ports
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS_MAX)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_started(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(int(START_SECONDS_MAX * 10)):
        if STARTED_MESSAGE in log.read_text(errors="replace"):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            break
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    message = f"FreeRADIUS did not start:\n{tail}"
    raise RuntimeError(message)


def users_file_entry(user: BenchUser) -> str:
    return (
        f'{user.login} Cleartext-Password := "{user.password}"\n'
        f"\tFramed-IP-Address := {user.ipv4},\n"
        f'\tMikrotik-Rate-Limit := "{RATE_LIMIT}"\n'
    )


def files_module(raddb: Path) -> str:
    return f'files {{\n filename = {raddb}/users\n key = "%{{User-Name}}"\n }}'


def sql_module(dsn: str) -> str:
    url = urlsplit(dsn)
    return f"""sql {{
  dialect = postgresql
  driver = rlm_sql_postgresql
  server = {url.hostname}
  port = {url.port}
  login = {url.username}
  password = "{url.password}"
  radius_db = {url.path.lstrip("/")}
  acct_table1 = radacct
  acct_table2 = radacct
  postauth_table = radpostauth
  authcheck_table = radcheck
  groupcheck_table = radgroupcheck
  authreply_table = radreply
  groupreply_table = radgroupreply
  usergroup_table = radusergroup
  client_table = nas
  read_groups = yes
  read_clients = no
  group_attribute = SQL-Group
  pool {{
    start = 5
    min = 3
    max = 32
    spare = 10
    uses = 0
    retry_delay = 30
    lifetime = 0
    idle_timeout = 60
  }}
  $INCLUDE {DEBIAN}/mods-config/sql/main/postgresql/queries.conf
}}"""


def configuration(directory: Path, *, modules: str, store: str) -> str:
    """Debian's thread pool and SQL queries, without the modules that a login does not use, and with
    a receive buffer that holds what is in flight."""
    return f"""prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {directory}/raddb
logdir = {directory}
run_dir = {directory}
pidfile = {directory}/freeradius.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
log {{
  destination = stdout
  auth = no
}}
security {{
  max_attributes = 200
  reject_delay = 0
  status_server = yes
}}
thread pool {{
  start_servers = 5
  max_servers = 32
  min_spare_servers = 3
  max_spare_servers = 10
  max_requests_per_server = 0
  auto_limit_acct = no
}}
modules {{
  pap {{
    normalise = yes
  }}
  always ok {{
    rcode = ok
  }}
  expr {{
  }}
  {modules}
}}
policy {{
  $INCLUDE {DEBIAN}/policy.d/accounting
}}
instantiate {{
  {store}
}}
"""


def clients_and_server(*, secret: str, ports: FreeRadius, store: str, records: bool) -> str:
    return f"""client bench {{
  ipaddr = 127.0.0.0/8
  secret = {secret}
}}
server bench {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {ports.auth_port}
    recv_buff = 1048576
  }}
  listen {{
    type = acct
    ipaddr = 127.0.0.1
    port = {ports.acct_port}
    recv_buff = 1048576
  }}
  authorize {{
    {store}
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
  preacct {{
    acct_unique
  }}
  accounting {{
    {"sql" if records else "ok"}
  }}
}}
"""
