"""The kernel gives each datagram to the socket that the program names."""

import contextlib
import socket

import pytest

from chassis.datagrams import DatagramSocket, bind_datagram_socket
from chassis.steering import steer


@pytest.fixture(params=["127.0.0.1", "::1"])
def sharing(request):
    """Three sockets that share a port, and one that sends to it."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(bind_datagram_socket(request.param, 0, share_port=True))
        port = first.getsockname()[1]
        others = [
            stack.enter_context(bind_datagram_socket(request.param, port, share_port=True))
            for _ in range(2)
        ]
        sender = stack.enter_context(bind_datagram_socket(request.param, 0))
        sender.connect(first.getsockname()[:2])
        yield [first, *others], sender


def received(sockets):
    return [[payload[1] for payload, _ in DatagramSocket(each).receive_batch()] for each in sockets]


def test_one_sender_is_served_by_all_by_the_octet_named(sharing):
    sockets, sender = sharing

    assert steer(sockets[0], 1, [0, 1, 2])
    for identifier in range(6):
        sender.send(bytes([1, identifier]))

    assert [[0, 3], [1, 4], [2, 5]] == received(sockets)


def test_a_socket_left_out_is_given_nothing_until_it_is_back(sharing):
    sockets, sender = sharing
    for members in ([0, 1, 2], [0, 2], [0, 1, 2]):
        steer(sockets[0], 1, members)
        for identifier in range(6):
            sender.send(bytes([1, identifier]))

    assert [[0, 3, 0, 2, 4, 0, 3], [1, 4, 1, 4], [2, 5, 1, 3, 5, 2, 5]] == received(sockets)


def test_a_datagram_without_the_octet_arrives_at_the_first(sharing):
    sockets, sender = sharing
    steer(sockets[0], 1, [2, 1])
    sender.send(b"\1")

    assert [1, 0, 0] == [len(DatagramSocket(each).receive_batch()) for each in sockets]


def test_where_the_kernel_cannot_the_caller_is_told():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        assert not steer(other, 1, [0])
