"""FastTrack is seen however its rule was written."""

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
