"""The lab's router takes values, and gives them back, as RouterOS does."""

import asyncio

import pytest

from lab.routeros import RouterOs
from lab.routeros.traps import Trap


@pytest.fixture
def device() -> RouterOs:
    return RouterOs()


def queue(device: RouterOs, **words: str) -> dict[str, str]:
    table = device.tables["/queue/simple"]
    return table.printed(table.add({name.replace("_", "-"): each for name, each in words.items()}))


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("max-limit", "7M/2M", "7000000/2000000"),
        ("max-limit", "7M", "7000000/7000000"),
        ("limit-at", "64k/128K", "64000/128000"),
        ("burst-limit", "1G/unlimited", "1000000000/0"),
        ("target", "10.0.0.1", "10.0.0.1/32"),
        ("target", "10.0.0.9/24,2001:db8::1, ether1", "10.0.0.0/24,2001:db8::1/128,ether1"),
        ("burst-time", "10/10", "10s/10s"),
        ("burst-time", "90s/00:02:00", "1m30s/2m"),
        ("priority", "3", "3/3"),
        ("bucket-size", "0.10", "0.1/0.1"),
        ("queue", "default", "default/default"),
        ("disabled", "yes", "true"),
    ],
)
def test_a_value_comes_back_normalised(device, column, written, read):
    row = queue(device, **{"target": "10.1.1.1", column: written})

    assert read == row[column]


def test_what_was_not_said_has_the_defaults_of_the_router(device):
    row = queue(device, target="10.0.0.1")

    expected = {
        "name": "queue1",
        "parent": "none",
        "packet-marks": "",
        "priority": "8/8",
        "queue": "default-small/default-small",
        "max-limit": "0/0",
        "burst-time": "0s/0s",
        "bucket-size": "0.1/0.1",
        "dynamic": "false",
        "disabled": "false",
        "invalid": "false",
        "bytes": "0/0",
    }
    assert expected == {name: row[name] for name in expected}
    assert "comment" not in row


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": "a"}, "missing value"),
        ({"target": "10.0.0.1", "name": "taken"}, "failure: already have such name"),
        ({"target": "10.0.0.1", "parent": "none such"}, "input does not match any value of parent"),
        ({"target": "10.0.0.1", "queue": "none such"}, "input does not match any value of queue"),
        ({"target": "10.0.0.300"}, "invalid value for argument target"),
        ({"target": "10.0.0.1", "max-limit": "fast"}, "invalid value for argument upload-max"),
        ({"target": "10.0.0.1", "priority": "0/9"}, r"upload-priority out of range \(1..8\)"),
        ({"target": "10.0.0.1", "colour": "red"}, "unknown parameter colour"),
        ({"target": "10.0.0.1", "place-before": "*99"}, "no such item"),
        ({"target": "10.0.0.1", "limit-at": "2M", "max-limit": "1M"}, "max-limit"),
    ],
)
def test_what_is_refused_leaves_nothing(device, words, message):
    queue(device, name="taken", target="10.0.0.9")

    with pytest.raises(Trap, match=message):
        queue(device, **words)
    assert 1 == len(device.tables["/queue/simple"].rows)


def test_order_is_kept_and_changed_by_place_before_and_move(device):
    table = device.tables["/queue/simple"]
    first = table.add({"name": "a", "target": "10.0.0.1"})
    table.add({"name": "b", "target": "10.0.0.2"})
    last = table.add({"name": "c", "target": "10.0.0.3", "place-before": first.id})

    assert ["c", "a", "b"] == [row.values["name"] for row in table.rows.values()]
    table.move([last], None)
    assert ["a", "b", "c"] == [row.values["name"] for row in table.rows.values()]


def test_children_follow_their_parents_new_name_and_dangle_without_it(device):
    table = device.tables["/queue/simple"]
    parent = table.add({"name": "site", "target": "10.0.0.0/8"})
    child = table.add({"name": "a", "target": "10.0.0.1", "parent": "site"})

    table.set(parent, {"name": "tower"})
    assert "tower" == table.value(child, "parent")
    table.remove(parent)
    assert (parent.id, "true") == (table.value(child, "parent"), table.value(child, "invalid"))


def test_nothing_is_its_own_ancestor(device):
    table = device.tables["/queue/simple"]
    top = table.add({"name": "top", "target": "10.0.0.0/8"})
    table.add({"name": "under", "target": "10.0.0.0/9", "parent": "top"})

    for parent in ("top", "under"):
        with pytest.raises(Trap, match="does not match any value of parent"):
            table.set(top, {"parent": parent})


def test_dynamic_rows_cannot_be_touched_and_go_with_a_reboot(device):
    asyncio.run(dial_in(device))
    table = device.tables["/queue/simple"]
    row = table.row("<pppoe-ann>")

    for touch in (table.remove, lambda row: table.set(row, {"max-limit": "1M"})):
        with pytest.raises(Trap, match="dynamic"):
            touch(row)


async def dial_in(device: RouterOs) -> None:
    device.dial_in("ann", "100.64.0.9", "20M/100M")


def test_one_address_stands_once_in_a_list(device):
    table = device.tables["/ip/firewall/address-list"]
    table.add({"list": "walled", "address": "10.0.0.1/32"})

    with pytest.raises(Trap, match="already have such entry"):
        table.add({"list": "walled", "address": "10.0.0.1"})
    table.add({"list": "slow", "address": "10.0.0.1"})


def test_renumbering_keeps_rows_and_order(device):
    table = device.tables["/queue/simple"]
    for number in range(20):
        table.add({"name": f"q{number}", "target": f"10.0.0.{number}"})
    before = list(table.rows)

    device.renumber()

    assert [f"q{number}" for number in range(20)] == [
        row.values["name"] for row in table.rows.values()
    ]
    assert before != list(table.rows)
    assert 21 == len({*table.rows, table.add({"name": "new", "target": "10.0.0.99"}).id})
