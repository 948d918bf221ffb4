"""Messages of the topic become causes and hints; without the client, a sentence."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.periodic import Tasks
from collectors import voltha_topic
from collectors.voltha.events import Causes
from collectors.voltha_topic import VolthaTopic
from isp.access_network import DownCause
from isp.errors import ExitCode, Refused
from lab.voltha import Core, Plant

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_a_cut_is_a_cause_and_a_hint_for_each_onu_of_the_port():
    plant = Plant(onus=64)
    olt = plant.olts[0]
    causes, looked = Causes(), []
    topic = VolthaTopic(["127.0.0.1:1"], "voltha.events", causes=causes, look=looked.append)
    core = Core(plant, wall_seconds=NOW.timestamp, heard=topic.hear)
    core.tell(plant.cut(olt.pons[5], olt))
    topic.hear(None)
    topic.hear(b"\xff\xff")

    dark = [onu.serial for onu in olt.pons[5].onus]
    assert dark == looked
    assert dict.fromkeys(dark, DownCause.LOS) == {
        serial: down.cause for serial, down in causes.known(NOW).items()
    }


async def test_without_a_broker_it_is_tried_again_and_everything_else_goes_on():
    topic = VolthaTopic(["127.0.0.1:1"], "voltha.events", causes=Causes(), look=lambda _: None)
    tasks = Tasks()
    turns = []
    tasks.every(0.05, "polling", lambda: _turn(turns))
    tasks.forever("voltha_topic", topic.follow)
    for _ in range(200):
        if "voltha_topic" in tasks.failing() and len(turns) > 2:
            break
        await asyncio.sleep(0.05)
    failing = tasks.failing()
    await tasks.stop()

    assert ("voltha_topic",) == failing


def test_a_missing_client_is_a_configuration_error(monkeypatch):
    monkeypatch.setattr(voltha_topic, "CLIENT", "no_such_client")
    with pytest.raises(Refused, match="not installed") as refused:
        VolthaTopic(["kafka:9092"], "voltha.events", causes=Causes(), look=lambda _: None)

    assert ExitCode.CONFIGURATION is refused.value.exit_code


async def _turn(turns: list[int]) -> None:
    turns.append(1)
