"""Whatever goes wrong in the midst of a batch, its outcomes tell no lie."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.secrets import Secret
from devices.routeros import (
    Change,
    Done,
    Outcome,
    Router,
    RouterTarget,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
)
from lab.routeros import Fate, Faults, RouterOs

QUEUES = "/queue/simple"
BATCH = 24


async def batch(fates: dict[int, Fate], window: int, version: str) -> tuple[list[Outcome], set]:
    faults = Faults(at=fates)
    async with RouterOs(password="lab", version=version, faults=faults) as device:
        target = RouterTarget(
            host=device.address,
            port=device.port,
            user="admin",
            password=Secret("lab"),
            timeout_seconds=0.5,
        )
        changes = [
            Change(verb=Verb.ADD, path=QUEUES, words={"name": str(number), "target": "10.0.0.1"})
            for number in range(BATCH)
        ]
        async with Router(target) as router:
            outcomes = await router.apply(changes, session=router.session, window=window)
        held = device.tables[QUEUES].rows.values()
        return list(outcomes), {row.values["name"] for row in held}


@settings(max_examples=25, deadline=None)
@given(
    fates=st.dictionaries(st.integers(1, BATCH), st.sampled_from(Fate), max_size=3),
    window=st.integers(1, BATCH),
    version=st.sampled_from(["6.42", "7.16", "7.18"]),
)
def test_outcomes_are_what_the_router_holds(fates, window, version):
    outcomes, held = asyncio.run(batch(fates, window, version))

    assert BATCH == len(outcomes)
    for number, outcome in enumerate(outcomes):
        match outcome:
            case Done():
                assert str(number) in held
            case Trapped() | Unsent():
                assert str(number) not in held
            case Unanswered():
                pass
    # What was never sent comes last.
    sent = [not isinstance(outcome, Unsent) for outcome in outcomes]
    assert sorted(sent, reverse=True) == sent
