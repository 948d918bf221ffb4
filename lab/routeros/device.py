"""The router itself: its menus, its users, its listeners, its reboots."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from random import Random

from lab.certificate import self_signed
from lab.routeros import traffic, values
from lab.routeros.commands import Request, Result, carry_out
from lab.routeros.factory import furnish
from lab.routeros.faults import Fate, Faults
from lab.routeros.menus import MENUS
from lab.routeros.rest import RestSession
from lab.routeros.session import ApiSession
from lab.routeros.table import Row, Table
from lab.routeros.traps import Trap, not_permitted

__all__ = ["VERSION", "RouterOs"]

VERSION = "7.16.2"
"""Before `!empty`, which older clients do not survive."""


class RouterOs:
    """One router; `async with` powers it on and off. Ports of 0 are chosen, None are not served.

    `writes` counts rows written by (menu, verb); `commands` what came, by service. `faults` may
    be changed at any time.
    """

    def __init__(
        self,
        *,
        user: str = "admin",
        password: str = "",
        version: str = VERSION,
        identity: str = "lab",
        address: str = "127.0.0.1",
        port: int = 0,
        tls_port: int | None = None,
        rest_port: int | None = None,
        rest_tls_port: int | None = None,
        seed: int = 0,
        faults: Faults | None = None,
    ) -> None:
        self.version_text = version
        self.version = tuple(int(part) for part in version.split("."))
        self.identity = identity
        self.address = address
        self._wanted_ports = {
            "api": port,
            "api-ssl": tls_port,
            "www": rest_port,
            "www-ssl": rest_tls_port,
        }
        self.seed = seed
        self.random = Random(seed)
        self.faults = faults or Faults()
        self.certificate = self_signed(identity)
        self.tables: dict[str, Table] = {}
        self.tables.update((path, Table(menu, self.tables)) for path, menu in MENUS.items())
        furnish(self.tables, user, password)
        self.writes: Counter[tuple[str, str]] = Counter()
        self.commands: Counter[str] = Counter()
        self.boots = 0
        self._booted_at = 0.0
        self._committing = asyncio.Lock()
        self._pending = 0
        self._ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._sessions: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> "RouterOs":
        self._booted_at = asyncio.get_running_loop().time()
        for service, port in self._wanted_ports.items():
            if port is not None:
                self._ports[service] = await self._listen(service, port)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        self.cut_connections()
        if self._sessions:
            await asyncio.wait(list(self._sessions))
        for server in self._servers:
            await server.wait_closed()

    @property
    def port(self) -> int:
        """Where the API listens."""
        return self._ports["api"]

    def ports(self) -> Mapping[str, int]:
        """Where each service listens: api, api-ssl, www, www-ssl."""
        return self._ports

    def cut_connections(self) -> None:
        """Every connection ends without a word."""
        for writer in self._sessions.values():
            writer.transport.abort()

    def reboot(self) -> None:
        """Power cycle: connections and dynamic rows are gone, and every row has another id."""
        self.boots += 1
        self._booted_at = asyncio.get_running_loop().time()
        self.cut_connections()
        for table in self.tables.values():
            for row in [row for row in table.rows.values() if row.dynamic]:
                table.drop(row)
        self.renumber()

    def renumber(self) -> None:
        """Give every row another id."""
        for table in self.tables.values():
            table.renumber(self.random)

    async def obey(self, request: Request, user: str) -> tuple[Result, Fate]:
        """Do what a user asks; a write in its turn, as long as a commit takes. Raises Trap.

        How it is answered is for whoever took it to arrange, by its fate.
        """
        fate = await self._commit() if request.writes else Fate.OBEY
        if fate is Fate.REFUSE:
            message = "failure: refused on demand"
            raise Trap(message)
        if fate is Fate.DROP_BEFORE:
            return Result(), fate
        result = carry_out(self, request, self.policies(user))
        if fate is Fate.REBOOT:
            self.reboot()
        return result, fate

    async def _commit(self) -> Fate:
        fate = self.faults.next_fate()
        if self.faults.commit_seconds:
            self._pending += 1
            try:
                async with self._committing:
                    await asyncio.sleep(self.faults.commit_seconds)
            finally:
                self._pending -= 1
        return fate

    def populate(self, *, queues: int = 0, sessions: int = 0) -> None:
        """Queues that somebody made by hand, and sessions with dynamic ones."""
        for number in range(1, queues + 1):
            target = str(ip_address(int(ip_address("172.16.0.0")) + number))
            words = {"name": f"by hand {number}", "target": target, "max-limit": "50M/50M"}
            self.tables["/queue/simple"].add(words)
        for number in range(1, sessions + 1):
            target = str(ip_address(int(ip_address("100.64.0.0")) + number))
            self.dial_in(f"line{number}", target, "20M/100M")

    def dial_in(self, login: str, address: str, rate_limit: str | None = None) -> None:
        """A PPPoE session: an interface, an active row, and with a rate a dynamic queue."""
        interface = f"<pppoe-{login}>"
        active = {"name": login, "service": "pppoe", "address": address, "radius": "true"}
        self.tables["/interface"].add({"name": interface, "type": "pppoe-in"}, dynamic=True)
        self.tables["/ppp/active"].add(active, dynamic=True)
        if rate_limit is not None:
            queue = {"name": interface, "target": interface, "max-limit": rate_limit}
            self.tables["/queue/simple"].add(queue, dynamic=True)

    def hang_up(self, login: str) -> None:
        """The session ends, and with it what it brought."""
        interface = f"<pppoe-{login}>"
        for path, name in (
            ("/queue/simple", interface),
            ("/interface", interface),
            ("/ppp/active", login),
        ):
            table = self.tables[path]
            for row in [row for row in table.rows.values() if row.values.get("name") == name]:
                table.drop(row)

    def change_rate(self, login: str, rate_limit: str) -> None:
        """What a CoA does: the session's dynamic queue has another limit."""
        row = self.tables["/queue/simple"].row(f"<pppoe-{login}>")
        row.values["max-limit"] = values.pair(values.rate)("max-limit", rate_limit.split()[0])

    def carry(self, queue: str, *, up: int, down: int, seconds: float) -> None:
        """Traffic through a simple queue, in bits per second for so long."""
        traffic.carry(self.tables["/queue/simple"].row(queue), up=up, down=down, seconds=seconds)

    def flow(self, seconds: float) -> None:
        """So many seconds of traffic through every simple queue."""
        at_seconds = asyncio.get_running_loop().time()
        queues = self.tables["/queue/simple"]
        traffic.flow(queues, at_seconds=at_seconds, seconds=seconds, seed=self.seed)

    def wrote(self, table: Table, verb: str, row: Row) -> None:
        """See Machine."""
        self.writes[table.menu.path, verb] += 1
        if (table.menu.path, verb) == ("/ppp/active", "remove"):
            self.hang_up(row.values["name"])
        seconds = values.seconds_of(row.values.get("timeout", "")) if verb == "add" else None
        if seconds is not None:
            asyncio.get_running_loop().call_later(
                seconds, lambda: None if row.gone else table.drop(row)
            )

    def rename(self, identity: str) -> None:
        """See Machine."""
        self.identity = identity
        self.writes["/system/identity", "set"] += 1

    def singleton(self, path: str) -> Mapping[str, str] | None:
        """See Machine."""
        match path:
            case "/system/identity":
                return {"name": self.identity}
            case "/system/resource":
                return self._resource()
            case "/system/routerboard":
                return {
                    "routerboard": "true",
                    "model": "CCR2004-1G-12S+2XS",
                    "serial-number": "LAB0000000001",
                    "current-firmware": self.version_text,
                    "upgrade-firmware": self.version_text,
                }
            case _:
                return None

    def password_of(self, name: str) -> str | None:
        """A user's password; None where there is no such user."""
        row = self.tables["/user"].find(name)
        if row is None or row.values.get("disabled") == "true":
            return None
        return row.values.get("password", "")

    def policies(self, name: str) -> frozenset[str]:
        """What a user's group lets him do."""
        row = self.tables["/user"].find(name)
        group = row.links["group"][0] if row is not None else None
        if not isinstance(group, Row):
            return frozenset()
        return frozenset(group.values["policy"].split(","))

    def must(self, name: str, policy: str) -> None:
        """Raises Trap where a user's group lacks a right."""
        if policy not in self.policies(name):
            raise not_permitted()

    def _resource(self) -> Mapping[str, str]:
        uptime = asyncio.get_running_loop().time() - self._booted_at
        return {
            "uptime": values.written_duration(int(uptime)),
            "version": f"{self.version_text} (stable)",
            "free-memory": "3900000000",
            "total-memory": "4294967296",
            "cpu": "ARM64",
            "cpu-count": "4",
            "cpu-frequency": "1700",
            "cpu-load": str(min(100, 3 + self._pending)),
            "free-hdd-space": "90000000",
            "total-hdd-space": "134217728",
            "architecture-name": "arm64",
            "board-name": "CCR2004-1G-12S+2XS",
            "platform": "MikroTik",
        }

    async def _listen(self, service: str, port: int) -> int:
        serving = ApiSession if service.startswith("api") else RestSession
        row = self.tables["/ip/service"].row(service)

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not self._allows(service, writer.get_extra_info("peername")[0]):
                writer.transport.abort()
                return
            task = asyncio.current_task()
            assert task is not None
            self._sessions[task] = writer
            try:
                await serving(self, reader, writer).run()
            finally:
                del self._sessions[task]

        tls = self.certificate.context if service.endswith("-ssl") else None
        server = await asyncio.start_server(accept, self.address, port, ssl=tls)
        self._servers.append(server)
        chosen: int = server.sockets[0].getsockname()[1]
        row.values |= {"port": str(chosen), "disabled": "false"}
        return chosen

    def _allows(self, service: str, peer: str) -> bool:
        """/ip/service: others are hung up on without a word."""
        row = self.tables["/ip/service"].row(service)
        networks = [each for each in row.values["address"].split(",") if each]
        allowed = not networks or any(ip_address(peer) in ip_network(each) for each in networks)
        return allowed and row.values["disabled"] == "false"
