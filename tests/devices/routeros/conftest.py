"""A lab router and our client of it."""

from collections.abc import AsyncIterator, Callable

import pytest

from chassis.secrets import Secret
from devices.routeros import Router, RouterTarget
from lab.routeros import RouterOs

PASSWORD = "pässword"


def target_of(device: RouterOs, **more: object) -> RouterTarget:
    return RouterTarget(
        **{
            "host": device.address,
            "port": device.port,
            "user": "admin",
            "password": Secret(PASSWORD),
            "timeout_seconds": 5.0,
        }
        | more
    )


@pytest.fixture
def target() -> Callable[..., RouterTarget]:
    return target_of


@pytest.fixture
async def device() -> AsyncIterator[RouterOs]:
    async with RouterOs(password=PASSWORD, tls_port=0) as device:
        yield device


@pytest.fixture
async def router(device: RouterOs) -> AsyncIterator[Router]:
    async with Router(target_of(device)) as router:
        yield router
