"""One NAS's lane by itself."""

import pytest

from chassis.periodic import Tasks
from chassis.secrets import Secret
from coa.client import Client, Destination
from coa.lane import Lane
from coa.live import Router
from isp.nas import Nas
from radius.retransmission import Schedule
from tests.coa.conftest import SECRET, Das, Provider
from tests.support.eventually import eventually

pytestmark = pytest.mark.database

QUICK = Schedule(initial_seconds=0.05, sendings_maximum=2)


async def test_a_nas_that_still_has_the_secret_before_is_found_with_it(
    provider: Provider, das: Das
):
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    nas = Nas(nas_id=nas_id, tenant_id=provider.tenant_id, name="bras1", address="127.0.0.1")
    client = Client(clock=provider.clock, random=lambda: 0.5, schedule=QUICK)
    lane = Lane(
        Router(nas=nas, host=nas.address),
        Destination(
            name=nas.name,
            host=nas.address,
            port=das.port,
            secrets=(Secret(b"the next one"), Secret(SECRET)),
        ),
        database=provider.coa,
        client=client,
        clock=provider.clock,
    )
    tasks = Tasks()
    tasks.forever("lane", lane.run)

    async def outcomes(count: int):
        said = [action.outcome for action in await provider.actions()]
        return said if len(said) == count and "pending" not in said else None

    await provider.add_hold(service_id)
    lane.put([key])
    assert ["unanswered"] == await eventually(lambda: outcomes(1))
    await provider.add_hold(service_id, "abuse")
    lane.put([key])
    assert ["unanswered", "acknowledged"] == await eventually(lambda: outcomes(2))
    await tasks.stop()
    await lane.drain(1.0)
    await client.close()
