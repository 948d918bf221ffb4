"""What a router is warned of: FastTrack, an account that may not write."""

import pytest

from lab.routeros import RouterOs
from shaper.backends.routeros import RouterOsBackend
from shaper.queue import Tree
from tests.support.router_in_memory import RouterInMemory


@pytest.mark.parametrize(
    ("words", "seen"), [({}, True), ({"disabled": "no"}, True), ({"disabled": "yes"}, False)]
)
async def test_a_fasttrack_rule_is_seen_unless_it_is_disabled(words, seen):
    device = RouterOs()
    rule = {"chain": "forward", "action": "fasttrack-connection", **words}
    device.tables["/ip/firewall/filter"].add(rule)
    backend = RouterOsBackend(RouterInMemory(device), instance="a", writes_per_second=100)

    assert seen is (await backend.read(Tree())).fasttrack


async def test_an_account_that_may_not_write_is_seen_before_it_has_to():
    device = RouterOs()
    users = device.tables["/user"]
    users.set(users.row("admin"), {"group": "read"})
    backend = RouterOsBackend(RouterInMemory(device), instance="a", writes_per_second=100)

    (warning,) = (await backend.read(Tree())).warnings
    assert "may only read" in warning
