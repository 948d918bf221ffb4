"""Which source reads a device: by its kind, and by how it lets us in."""

from typing import Final

from chassis.clock import Clock
from collectors.cli import dialect_of
from collectors.drivers import drivers
from collectors.sources import Source, SourceRefused
from collectors.sources.cli import CliSource
from collectors.sources.complemented import ComplementedSource
from collectors.sources.routeros import RouterOsSource
from collectors.sources.snmp import BUDGET_SECONDS, SnmpSource
from collectors.sources.voltha import VolthaSource
from collectors.voltha.events import Causes
from devices.credentials import Credentials, LoginAccess
from devices.routeros import open_router, router_target
from devices.routeros.opening import REST
from devices.snmp import Exchange, Snmp, SnmpTarget
from devices.snmp.appetite import Appetite
from devices.snmp.session import REQUESTS_PER_SECOND
from devices.ssh import Ssh, SshTarget
from devices.voltha import VolthaCore
from isp.access_network import DeviceKind

__all__ = ["Sources"]

NO_WAY_IN: Final = (
    "there are no SNMP credentials for it, nor a login for a command line that is known: "
    "huawei, zte"
)
SSH_PORT: Final = 22


class Sources:
    """Opens sources; they share the sockets of one exchange.

    `causes` is what events of VOLTHA cores told, for all of them.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        requests_per_second: float = REQUESTS_PER_SECOND,
        budget_seconds: float = BUDGET_SECONDS,
        causes: Causes | None = None,
    ) -> None:
        self.causes = causes or Causes()
        self._exchange = Exchange()
        self._clock = clock
        self._requests_per_second = requests_per_second
        self._budget_seconds = budget_seconds

    def open(
        self,
        *,
        name: str,
        kind: DeviceKind,
        driver: str,
        host: str,
        port: int,
        credentials: Credentials,
        varbinds: int | None = None,
        stranger: bool = False,
    ) -> Source:
        """The source of a device, not connected yet.

        `varbinds` is how much one request may ask for, where that was learned before. The key or
        certificate that a `stranger` shows is believed, for a person to have it stored. Raises
        SourceRefused where there is no way to read such a device.
        """
        if kind is DeviceKind.VOLTHA:
            core = VolthaCore(host, port, tls=credentials.tls, believing=stranger)
            return VolthaSource(
                core,
                clock=self._clock,
                causes=self.causes,
                budget_seconds=self._budget_seconds,
            )
        if kind is DeviceKind.ROUTER and credentials.login is not None and driver not in drivers():
            target = router_target(host=host, port=port, login=credentials.login)
            return RouterOsSource(open_router(target, rest=driver == REST))
        login = credentials.login
        if credentials.snmp is None:
            line = self._line(host, login, driver, stranger)
            if line is None:
                raise SourceRefused(NO_WAY_IN)
            return line
        session = Snmp(
            self._exchange,
            SnmpTarget(host=host, port=credentials.snmp.port or port, access=credentials.snmp),
            name=name,
            requests_per_second=self._requests_per_second,
            appetite=Appetite() if varbinds is None else Appetite(varbinds=varbinds),
        )
        tables = SnmpSource(
            session, clock=self._clock, driver=driver, budget_seconds=self._budget_seconds
        )
        if login is None or kind is not DeviceKind.OLT:
            return tables
        return ComplementedSource(
            tables, lambda found: self._line(host, login, found, stranger), stranger=stranger
        )

    def _line(
        self, host: str, login: LoginAccess | None, driver: str, stranger: bool
    ) -> CliSource | None:
        """The device's command line, where there is a login and somebody knows its words."""
        dialect = dialect_of(driver)
        if dialect is None or login is None:
            return None
        target = SshTarget(
            host=host,
            port=login.port or SSH_PORT,
            user=login.user,
            password=login.password,
            netmiko_type=dialect.netmiko_type,
            host_key=login.host_key,
            believing=stranger,
        )
        return CliSource(
            dialect, Ssh(target), clock=self._clock, budget_seconds=self._budget_seconds
        )

    async def close(self) -> None:
        """Close the sockets; sources are closed before."""
        await self._exchange.close()
