"""Which NAS a datagram is from, by its source address; the secrets stand opened here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from isp.nas import Nas

__all__ = ["ADDRESSES_REMEMBERED_MAX", "NasTable", "NasWithSecrets"]

ADDRESSES_REMEMBERED_MAX = 65_536
"""Answers remembered, strangers' too; a flood from invented addresses starts it anew."""


@dataclass(kw_only=True, slots=True, eq=False)
class NasWithSecrets:
    """A NAS and what its packets are proven with. The previous secret counts until its time."""

    nas: Nas
    network: str
    secret: bytes = field(repr=False)
    secret_previous: bytes | None = field(default=None, repr=False)
    secret_previous_until: datetime | None = None

    @property
    def profile(self) -> tuple[str, bool]:
        """What its Accepts depend on beside the service: vendor, and whether its wall is tested."""
        return self.nas.vendor, self.nas.wall_tested

    def secrets(self, now: datetime) -> tuple[bytes, ...]:
        """The secrets in force, the current one first."""
        if self.secret_previous is None or (
            self.secret_previous_until is not None and self.secret_previous_until <= now
        ):
            return (self.secret,)
        return (self.secret, self.secret_previous)


class NasTable:
    """All NASes by network. The longest prefix counts; within it, the NAS-Identifier."""

    def __init__(self, every_nas: Iterable[NasWithSecrets]) -> None:
        self._networks: dict[IPv4Network | IPv6Network, dict[str, NasWithSecrets]] = {}
        for each in every_nas:
            group = self._networks.setdefault(ip_network(each.network), {})
            group[each.nas.nas_identifier or ""] = each
        self._lengths = {
            version: sorted(
                {net.prefixlen for net in self._networks if net.version == version}, reverse=True
            )
            for version in (4, 6)
        }
        self._remembered: dict[str, dict[str, NasWithSecrets]] = {}

    def __len__(self) -> int:
        return sum(len(group) for group in self._networks.values())

    def group(self, host: str) -> dict[str, NasWithSecrets]:
        """The NASes behind an address by NAS-Identifier, `""` for the one of any; may be empty."""
        group = self._remembered.get(host)
        if group is None:
            if len(self._remembered) >= ADDRESSES_REMEMBERED_MAX:
                self._remembered.clear()
            group = self._remembered[host] = self._find(host)
        return group

    def find(self, host: str, nas_identifier: str) -> NasWithSecrets | None:
        """The NAS that sends from `host` and calls itself `nas_identifier`, if we know it."""
        group = self.group(host)
        return group.get(nas_identifier) or group.get("")

    def _find(self, host: str) -> dict[str, NasWithSecrets]:
        address = host.partition("%")[0]
        for length in self._lengths[ip_address(address).version]:
            network = ip_network(f"{address}/{length}", strict=False)
            if network in self._networks:
                return self._networks[network]
        return {}
