"""The demo's network: a BRAS into which every line dials, its router's queues, an OLT with ONUs."""

import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chassis.clock import Clock
from chassis.config import Settings
from chassis.processes import Program
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from devices.credentials import Credentials, LoginAccess, SnmpAccess
from devices.routeros.opening import API
from isp.access_network import DeviceKind
from isp.nas import Vendor
from lab.olt import Plant, personalities
from operations import devices, nas, shaping, shaping_sites
from turnpike.supervisor import Companions

__all__ = ["enter", "onu_serials", "programs"]

NAS_NAME: Final = "bras1"
OLT_NAME: Final = "olt1"
OLT_VENDOR: Final = "huawei"
OLT_SEED: Final = 7
PON_PORTS: Final = 8
ONUS: Final = 208
"""One for each subscriber of the demo, and some that are nobody's."""

ROUTER_NAME: Final = "r1"
ROUTER_USER: Final = "turnpike"
SITE_KBPS: Final = 20_000_000

COMMUNITY: Final = "public"
LOCAL: Final = "127.0.0.1"
PORTS: Final = range(20_000, 32_000)
"""Below those that the kernel gives to whoever asks for any: seconds go by before they are used."""


async def enter(
    transaction: Any, secret: Secret[str], keys: KeyRing, *, actor: str, now: datetime
) -> None:
    """Enter the devices as an operator would; `programs` says at which ports they are."""
    await nas.add(
        transaction,
        name=NAS_NAME,
        address=LOCAL,
        secret=secret,
        keys=keys,
        vendor=Vendor.MIKROTIK,
        actor=actor,
        now=now,
    )
    await devices.add(
        transaction,
        name=OLT_NAME,
        kind=DeviceKind.OLT,
        host=LOCAL,
        port=_free_port(),
        driver="auto",
        credentials=Credentials(snmp=SnmpAccess(version="2c", community=Secret(COMMUNITY))),
        keys=keys,
        area="North",
        actor=actor,
        now=now,
    )
    await _enter_router(transaction, secret, keys, actor=actor, now=now)


async def _enter_router(
    transaction: Any, secret: Secret[str], keys: KeyRing, *, actor: str, now: datetime
) -> None:
    """The router that shapes the BRAS's sessions; nothing that is there is anybody's yet."""
    by_whom = {"actor": actor, "now": now}
    await devices.add(
        transaction,
        name=ROUTER_NAME,
        kind=DeviceKind.ROUTER,
        host=LOCAL,
        port=_free_port(socket.SOCK_STREAM),
        driver=API,
        credentials=Credentials(login=LoginAccess(user=ROUTER_USER, password=secret)),
        keys=keys,
        **by_whom,
    )
    changes = {"nas": NAS_NAME}
    await shaping.observe(transaction, name=ROUTER_NAME, changes=changes, **by_whom)
    await shaping_sites.add(
        transaction,
        router_name=ROUTER_NAME,
        name="North",
        down_kbps=SITE_KBPS,
        up_kbps=SITE_KBPS,
        **by_whom,
    )
    request = await shaping.ask(transaction, name=ROUTER_NAME, kind="diff", **by_whom)
    await shaping.shown(transaction, request, {"router": ROUTER_NAME}, now)
    await shaping.enable(transaction, name=ROUTER_NAME, **by_whom)


def onu_serials(clock: Clock) -> Iterator[str]:
    """The serials of the OLT's ONUs, the same each time."""
    plant = Plant.build(
        clock,
        ports=PON_PORTS,
        onus=ONUS,
        vendor_id=personalities()[OLT_VENDOR].vendor_id,
        seed=OLT_SEED,
    )
    return (onu.serial for onu in plant.onus)


async def programs(
    transaction: Any,
    settings: Settings,
    keys: KeyRing,
    *,
    secret_file: Path,
    lines_file: Path,
    actor: str,
    now: datetime,
) -> Companions:
    """What plays the devices, at ports that nobody has now: two demos run side by side.

    The BRAS comes last: a line that is dialled before radiusd listens waits to dial again.
    """
    coa_port, snmp_port = _free_port(), _free_port()
    api_port = _free_port(socket.SOCK_STREAM)
    changed = {"actor": actor, "now": now}
    await nas.change(transaction, name=NAS_NAME, changes={"coa_port": coa_port}, **changed)
    for name, port in ((OLT_NAME, snmp_port), (ROUTER_NAME, api_port)):
        await devices.change(transaction, name=name, changes={"port": port}, keys=keys, **changed)
    radiusd = getattr(settings, "radiusd", None)
    ports = (
        {"--auth-port": radiusd.auth_port, "--acct-port": radiusd.acct_port}
        if radiusd is not None
        else {}
    )
    bras = {"--secret-file": secret_file, "--logins": lines_file, "--port": coa_port} | ports
    olt = {
        "--vendor": OLT_VENDOR,
        "--ports": PON_PORTS,
        "--onus": ONUS,
        "--seed": OLT_SEED,
        "--community": COMMUNITY,
        "--port": snmp_port,
    }
    router = {"--user": ROUTER_USER, "--secret-file": secret_file, "--port": api_port}
    return Companions(
        beside=(_lab("olt", OLT_NAME, olt), _lab("routeros", ROUTER_NAME, router)),
        after=(_lab("nas", NAS_NAME, bras),),
    )


def _lab(device: str, name: str, options: dict[str, Any]) -> Program:
    words = (str(word) for pair in options.items() for word in pair)
    return Program(name=name, command=(sys.executable, "-m", "turnpike", "lab", device, *words))


def _free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            probe.bind((LOCAL, port))
            return port
