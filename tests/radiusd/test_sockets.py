"""The ports of radiusd: whose they are."""

import socket
from contextlib import closing

import pytest

from isp.errors import ExitCode, Refused
from radiusd.config import RadiusdConfig
from radiusd.sockets import claim_ports, open_sockets


@pytest.fixture
def config():
    """Two ports that nobody has."""
    ports = []
    for _ in range(2):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    return RadiusdConfig(auth_port=ports[0], acct_port=ports[1], workers=1)


def test_two_keepers_do_not_share_a_port(config):
    former = claim_ports(config)
    with pytest.raises(Refused) as refused:
        claim_ports(config)
    for claim in former:
        claim.close()
    successor = claim_ports(config)
    for claim in successor:
        claim.close()

    assert ExitCode.UNAVAILABLE == refused.value.exit_code
    assert f"port {config.auth_port}" in refused.value.problem


def test_a_port_of_another_program_is_named(config):
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as foreign:
        foreign.bind(("127.0.0.1", config.auth_port))
        with pytest.raises(Refused) as refused:
            open_sockets(config, {})

    assert ExitCode.UNAVAILABLE == refused.value.exit_code
    assert f"port {config.auth_port}" in refused.value.problem


def test_authentication_and_accounting_have_ports_of_their_own():
    with pytest.raises(ValueError, match="auth_port and acct_port"):
        RadiusdConfig(auth_port=1812, acct_port=1812)
    with pytest.raises(ValueError, match="auth_port and acct_port"):
        RadiusdConfig(auth_port=1813)


def test_every_fault_of_radiusds_table_is_told_at_once():
    with pytest.raises(ValueError) as refused:
        RadiusdConfig(addresses=["0.0.0.0", "bras", "::1"], acct_port=1812, workers=-1)

    told = str(refused.value)
    assert "0.0.0.0 is a wildcard; list the addresses that NASes send to; bras is not" in told
    assert "auth_port and acct_port are both 1812" in told
    assert 3 == refused.value.error_count()
