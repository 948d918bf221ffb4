"""What a router has before anybody configured it."""

from collections.abc import Mapping

from lab.routeros.table import Table

__all__ = ["ALL_POLICIES", "furnish"]

ALL_POLICIES = (
    *("local", "telnet", "ssh", "ftp", "reboot", "read", "write", "policy", "test", "winbox"),
    *("password", "web", "sniff", "sensitive", "api", "romon", "rest-api"),
)
GROUPS = {
    "read": {"local", "telnet", "ssh", "reboot", "read", "test", "winbox", "password", "web"}
    | {"sniff", "sensitive", "api", "romon", "rest-api"},
    "write": set(ALL_POLICIES) - {"ftp", "policy"},
    "full": set(ALL_POLICIES),
}
QUEUE_TYPES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("default", "pfifo", {"pfifo-limit": "50"}),
    ("ethernet-default", "pfifo", {"pfifo-limit": "50"}),
    ("wireless-default", "sfq", {"sfq-perturb": "5", "sfq-allot": "1514"}),
    ("synchronous-default", "red", {}),
    ("hotspot-default", "sfq", {"sfq-perturb": "5", "sfq-allot": "1514"}),
    ("pcq-upload-default", "pcq", {"pcq-rate": "0", "pcq-classifier": "src-address"}),
    ("pcq-download-default", "pcq", {"pcq-rate": "0", "pcq-classifier": "dst-address"}),
    ("multi-queue-ethernet-default", "mq-pfifo", {}),
    ("default-small", "pfifo", {"pfifo-limit": "10"}),
)
SERVICES = (
    ("telnet", 23, True),
    ("ftp", 21, True),
    ("www", 80, False),
    ("ssh", 22, False),
    ("www-ssl", 443, True),
    ("api", 8728, False),
    ("winbox", 8291, False),
    ("api-ssl", 8729, False),
)
INTERFACES = ("ether1", "ether2", "ether3", "ether4", "ether5", "sfp-sfpplus1")
OPTICS = {
    "sfp-module-present": "true",
    "sfp-rx-loss": "false",
    "sfp-wavelength": "1310",
    "sfp-temperature": "40",
    "sfp-supply-voltage": "3.302",
    "sfp-tx-bias-current": "7",
    "sfp-tx-power": "-4.879",
    "sfp-rx-power": "-5.673",
}
SENSORS = (("temperature", "41", "C"), ("cpu-temperature", "55", "C"), ("voltage", "24.1", "V"))
DEFAULT = {"default": "true"}


def furnish(tables: Mapping[str, Table], user: str, password: str) -> None:
    """Fill a new router's menus."""
    for name, policies in GROUPS.items():
        written = ",".join(each if each in policies else f"!{each}" for each in ALL_POLICIES)
        tables["/user/group"].add({"name": name, "policy": written})
    tables["/user"].add({"name": user, "password": password, "group": "full"})
    for name, kind, more in QUEUE_TYPES:
        tables["/queue/type"].add({"name": name, "kind": kind, **more}, state=DEFAULT)
    for name, port, disabled in SERVICES:
        words = {"name": name, "port": str(port), "disabled": "yes" if disabled else "no"}
        tables["/ip/service"].add(words)
    for number, name in enumerate(INTERFACES, start=1):
        mac = f"02:00:5E:00:00:{number:02X}"
        tables["/interface"].add({"name": name, "mac-address": mac})
        link = OPTICS if name.startswith("sfp") else {}
        state = {"status": "link-ok", "rate": "1Gbps", **link}
        tables["/interface/ethernet"].add({"name": name, "default-name": name}, state=state)
    for name, value, unit in SENSORS:
        tables["/system/health"].add({"name": name, "value": value, "type": unit})
    tables["/ip/address"].add({"address": "192.0.2.1/24", "interface": "ether1"})
    for name in ("default", "default-encryption"):
        tables["/ppp/profile"].add({"name": name}, state=DEFAULT)
