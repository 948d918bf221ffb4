"""`turnpike shaper` and `turnpike cpe` where no shaper runs: a difference is shown all the same."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from isp.errors import ExitCode
from tests.turnpike.conftest import Turnpike

LAB = "lab routeros --port 0 --no-traffic --user admin --password lab"


@pytest.fixture
def router_address() -> Iterator[str]:
    """The lab's router in its own process."""
    words = [sys.executable, "-m", "turnpike", *LAB.split()]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if line.startswith("api on "):
                address = line.removeprefix("api on ").strip()
            if line.strip() == "ready":
                break
        yield address
        process.terminate()
        process.communicate()


@pytest.fixture
def router(shop: Turnpike, router_address: str) -> Turnpike:
    """The shop with the router `r1` and a service behind it."""
    for line in (
        f"device add router r1 {router_address} --user admin --password lab",
        "service set-address ann --ipv4 192.0.2.7",
        "shaper observe r1",
        "shaper site add r1 North --network 192.0.2.0/24 --down 1G --up 500M",
    ):
        answer = shop(*line.split())
        assert 0 == answer.exit_code, answer.errors
    return shop


def test_a_router_is_enabled_only_after_its_difference_was_shown(router: Turnpike):
    refused = router("shaper", "enable", "r1")
    shown = router("--json", "shaper", "diff", "r1")
    enabled = router("shaper", "enable", "r1")

    assert ExitCode.BAD_DATA == refused.exit_code
    assert "turnpike shaper diff r1" in refused.errors
    assert ("observe", 2, 0) == (shown.json["mode"], shown.json["add"], shown.json["foreign"])
    assert ["1G/500M 192.0.2.0/24", "100M/20M 192.0.2.7/32"] == [
        each["after"] for each in shown.json["changes"]
    ]
    assert "r1 is shaped from now on\n" == enabled.output


def test_a_difference_is_a_table_for_people(router: Turnpike):
    output = router("shaper", "diff", "r1").output

    assert "100M/20M 192.0.2.7/32" in output
    assert "r1 (simple, observe): 2 add, 0 set, 0 remove, 0 held, 0 foreign\n" in output


def test_nothing_is_applied_where_no_shaper_runs(router: Turnpike):
    answer = router("shaper", "apply", "r1")

    assert (ExitCode.UNAVAILABLE, True) == (answer.exit_code, "no shaper runs" in answer.errors)


def test_sites_are_listed_and_removed(router: Turnpike):
    router("shaper", "site", "add", "r1", "Hall", "--network", "192.0.2.0/28", "--parent", "North")
    listed = router("--json", "shaper", "site", "list", "r1").json
    unknown = router("shaper", "site", "add", "r1", "Mast", "--parent", "South")
    router("shaper", "site", "remove", "r1", "North")

    assert [("Hall", "North"), ("North", None)] == [(row["site"], row["parent"]) for row in listed]
    assert "there are: Hall, North" in unknown.errors
    left = router("--json", "shaper", "site", "list", "r1").json
    assert [("Hall", None)] == [(row["site"], row["parent"]) for row in left]


def test_a_router_that_is_away_is_said_so(router: Turnpike):
    router("device", "set", "r1", "--address", "127.0.0.1:1", "--no-test")
    answer = router("shaper", "diff", "r1")

    assert ExitCode.UNAVAILABLE == answer.exit_code
    assert "turnpike device test r1" in answer.errors


def test_a_subscribers_device_is_entered_changed_and_forgotten(shop: Turnpike):
    added = "cpe add ann-home ann --host 10.0.0.7 --user admin --password secret"
    assert 0 == shop(*added.split(), "--target", "192.168.88.1/24").exit_code
    shop("cpe", "set", "ann-home", "--type", "ubiquiti", "--target", "-")
    (listed,) = shop("--json", "cpe", "list", "--login", "ann").json
    refused = shop("cpe", "set", "ann-home", "--type", "toaster")
    shop("cpe", "remove", "ann-home")

    assert ("ann-home", "ubiquiti", "ann", 8728, None) == tuple(
        listed[name] for name in ("title", "type", "login", "port", "target")
    )
    assert ExitCode.USAGE == refused.exit_code
    assert [] == shop("--json", "cpe", "list").json
    assert "secret" not in str(listed)
