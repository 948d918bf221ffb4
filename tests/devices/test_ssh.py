"""netmiko's sessions against a command line on a real socket."""

import asyncio
from dataclasses import replace

import pytest

from chassis.secrets import Secret
from devices import ssh
from devices.ssh import Ssh, SshLost, SshRefused, SshTarget, SshUntrusted
from tests.collectors.cli.transcript import outputs
from tests.support.ssh_olt import HUAWEI, ZTE, SshOlt

HUAWEI_TYPE, ZTE_TYPE = "huawei_smartax", "zte_zxros"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGHbdbUBWTrSSSM0nQXtJMhcMx4nbZTlTM3eBLr5yDRJ"
LONG = "\n".join(f"  line {number}" for number in range(100)) + "\n"


def session(
    olt: SshOlt,
    kind: str,
    password: str = "looking",
    *,
    host_key: str | None = None,
    believing: bool = True,
) -> Ssh:
    return Ssh(
        SshTarget(
            host="127.0.0.1",
            port=olt.port,
            user="reader",
            password=Secret(password),
            netmiko_type=kind,
            host_key=host_key,
            believing=believing,
        )
    )


@pytest.mark.parametrize(("manners", "kind"), [(HUAWEI, HUAWEI_TYPE), (ZTE, ZTE_TYPE)])
@pytest.mark.parametrize("paging_stays", [False, True])
async def test_an_output_comes_whole_through_pagers(manners, kind, paging_stays):
    olt = SshOlt(manners, {"show all": LONG}, paging_stays=paging_stays)
    async with olt:
        it = session(olt, kind)
        told = await it.ask("show all")
        again = await it.ask("show all")
        await it.close()

    assert LONG.split() == told.split() == again.split()
    assert not any(word.startswith("conf") for word in olt.typed)


async def test_a_device_that_asks_for_more_words_is_answered():
    text = outputs("huawei", "display version")
    async with SshOlt(replace(HUAWEI, choice_off="nothing"), text) as olt:
        it = session(olt, HUAWEI_TYPE)
        told = await it.ask("display version")
        await it.close()

    assert "MA5800-X7" in told


async def test_one_session_at_a_time_however_many_ask():
    async with SshOlt(HUAWEI, outputs("huawei")) as olt:
        it = session(olt, HUAWEI_TYPE)
        await asyncio.gather(*(it.ask("display version") for _ in range(4)))
        await it.close()

    assert 1 == olt.most_sessions


async def test_the_host_key_that_was_shown_first_is_trusted_and_no_other():
    async with SshOlt(ZTE, outputs("zte")) as olt:
        first = session(olt, ZTE_TYPE)
        await first.ask("show system-group")
        await first.close()
        again = session(olt, ZTE_TYPE, host_key=first.host_key, believing=False)
        await again.ask("show system-group")
        await again.close()
        typed = len(olt.typed)
        other = session(olt, ZTE_TYPE, host_key=OTHER_KEY, believing=False)
        with pytest.raises(SshUntrusted, match=r"it shows the host key SHA256:.*, not SHA256:"):
            await other.ask("show system-group")

    assert first.host_key is not None and first.host_key.startswith("ssh-ed25519 ")
    assert (2, typed) == (olt.logins, len(olt.typed))


async def test_nothing_is_said_to_a_device_whose_key_nobody_has_seen():
    async with SshOlt(ZTE, {}) as olt:
        it = session(olt, ZTE_TYPE, believing=False)
        with pytest.raises(SshUntrusted, match="not known yet"):
            await it.ask("show system-group")

    assert 0 == olt.logins


async def test_a_wrong_password_is_refused_and_not_told():
    async with SshOlt(ZTE, {}) as olt:
        it = session(olt, ZTE_TYPE, password="wrong-one")
        with pytest.raises(SshRefused) as refused:
            await it.ask("show system-group")

    assert "wrong-one" not in str(refused.value)


async def test_nobody_there_is_lost():
    async with SshOlt(ZTE, {}) as olt:
        it = session(olt, ZTE_TYPE)
    with pytest.raises(SshLost):
        await it.ask("show system-group")


async def test_a_command_without_an_end_is_lost_and_the_next_has_a_new_session(monkeypatch):
    monkeypatch.setattr(ssh, "COMMAND_SECONDS", 0.5)
    text = {"show well": "well\n"}
    async with SshOlt(ZTE, text, silent=frozenset({"show ill"}), sessions_max=2) as olt:
        it = session(olt, ZTE_TYPE)
        with pytest.raises(SshLost):
            await it.ask("show ill")
        told = await it.ask("show well")
        await it.close()

    assert "well" == told.strip()


async def test_who_stops_waiting_leaves_no_session_behind():
    async with SshOlt(ZTE, {}, silent=frozenset({"show ill"}), sessions_max=2) as olt:
        it = session(olt, ZTE_TYPE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(it.ask("show ill"), 3)
        await it.close()
        for _ in range(100):
            if olt.sessions == 0:
                break
            await asyncio.sleep(0.05)
        left = olt.sessions

    assert 0 == left


@pytest.mark.parametrize("command", ["config", "interface gpon 0/1", "shutdown", "displayx", ""])
async def test_what_does_not_only_look_is_not_typed(command):
    async with SshOlt(HUAWEI, {}) as olt:
        with pytest.raises(ValueError, match="only looks"):
            await session(olt, HUAWEI_TYPE).ask(command)

    assert [] == olt.typed
