"""net-snmp's agent on a port of its own, with the system's MIB and users of SNMPv3."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from devices.credentials import SnmpAccess
from tests.support.ports import free_port

__all__ = ["AUTH_NAMES", "PRIV_NAMES", "needs_snmpd", "snmpd"]

AUTH_NAMES: Final = {
    "md5": "MD5", "sha": "SHA", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384",
    "sha512": "SHA-512",
}  # fmt: skip
PRIV_NAMES: Final = {"des": "DES", "aes": "AES", "aes192": "AES-192", "aes256": "AES-256"}
PASSING: Final = "vacm_conf,usmConf,snmpEngine,pass_persist"
"""The modules of an agent that has its MIB from elsewhere."""

START_SECONDS_MAX: Final = 60.0

needs_snmpd = pytest.mark.skipif(shutil.which("snmpd") is None, reason="snmpd is not installed")


@contextmanager
def snmpd(
    directory: Path,
    users: Sequence[SnmpAccess] = (),
    port: int = 0,
    *,
    program: Sequence[str] = (),
) -> Iterator[int]:
    """Runs until left; its port. What it keeps of itself is in `directory`.

    With a `program` it has no MIB of its own, but all that the program tells by `pass_persist`.
    """
    port = port or free_port()
    configuration = directory / "snmpd.conf"
    lines = ["rocommunity public 127.0.0.1", *_users(users)]
    lines += [f"pass_persist .1.3.6.1 {' '.join(program)}"] if program else []
    configuration.write_text("\n".join(lines) + "\n")
    environment = os.environ | {"SNMP_PERSISTENT_DIR": str(directory / "kept"), "MIBS": ""}
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *("snmpd", "-f", "-Lo", "-C", "-c", str(configuration)),
                *(("-I", PASSING) if program else ()),
                f"udp:127.0.0.1:{port}",
            ],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _until_ready(directory / "log")
            yield port
        finally:
            process.terminate()
            process.wait()


def _users(users: Sequence[SnmpAccess]) -> Iterator[str]:
    for user in users:
        words, level = ["createUser", str(user.user)], "noauth"
        if user.auth_protocol and user.auth_secret:
            words += [AUTH_NAMES[user.auth_protocol], user.auth_secret.reveal()]
            level = "auth"
        if user.priv_protocol and user.priv_secret:
            words += [PRIV_NAMES[user.priv_protocol], user.priv_secret.reveal()]
            level = "priv"
        yield " ".join(words)
        yield f"rouser {user.user} {level}"


def _until_ready(log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while "NET-SNMP version" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
