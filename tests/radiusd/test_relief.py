"""An orphaned worker gives its sockets away, and its successor knows when it has ended."""

import asyncio
import socket

import pytest

from radiusd.relief import Relief, former_sockets, relieve


@pytest.fixture
def bound():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.fixture
async def orphan(tmp_path, bound):
    """One in a directory whose path is longer than a socket's address."""
    directory = tmp_path / ("d" * 120)
    directory.mkdir()
    waiting = Waiting(directory / "worker-0.relief", bound)
    waiting.relief.begin()
    yield waiting
    waiting.relief.close()


class Waiting:
    def __init__(self, path, bound):
        self.path = path
        self.relieved = asyncio.Event()
        self.relief = Relief(path, {"auth.0.0": bound}, self.relieved.set)


async def test_a_datagram_that_waits_in_a_socket_is_handed_over_with_it(orphan, bound):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        nas.sendto(b"request", bound.getsockname())
    sockets = await asyncio.to_thread(former_sockets, [orphan.path])
    with sockets["auth.0.0"] as handed_over:
        received = handed_over.recv(100)

    assert ["auth.0.0"] == list(sockets)
    assert b"request" == received
    assert not orphan.relieved.is_set()


async def test_the_successor_waits_until_its_predecessor_has_ended(orphan):
    successor = asyncio.ensure_future(asyncio.to_thread(relieve, orphan.path))
    await asyncio.wait_for(orphan.relieved.wait(), 10)

    assert not successor.done()
    orphan.relief.close()

    assert await successor


async def test_an_orphan_that_ended_leaves_nothing_in_the_way(orphan, bound):
    orphan.relief.close()
    nobody = await asyncio.to_thread(former_sockets, [orphan.path])
    another = Waiting(orphan.path, bound)
    another.relief.begin()
    sockets = await asyncio.to_thread(former_sockets, [orphan.path])
    for each in sockets.values():
        each.close()
    another.relief.close()

    assert {} == nobody
    assert ["auth.0.0"] == list(sockets)


def test_without_an_orphan_there_is_nobody_to_relieve(tmp_path):
    assert {} == former_sockets([tmp_path / "worker-0.relief"])
    assert not relieve(tmp_path / "worker-0.relief")
