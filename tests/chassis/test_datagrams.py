"""Batched UDP on real sockets: what was sent arrives, whole, with who sent it."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import datagrams
from chassis.datagrams import (
    BATCH_DATAGRAMS,
    DatagramSocket,
    bind_datagram_socket,
    peer_of,
    render_peer,
)


@pytest.fixture(params=["127.0.0.1", "::1"])
def host(request):
    """Both families, where the machine has them."""
    return request.param


@pytest.fixture(params=["batched", "singly"])
def pair(request, host, monkeypatch):
    """Two sockets that can talk, with the batch calls and without."""
    if request.param == "singly":
        monkeypatch.setattr(datagrams, "batch_calls", lambda: None)
    with bind_datagram_socket(host, 0) as left, bind_datagram_socket(host, 0) as right:
        yield DatagramSocket(left), DatagramSocket(right)


def peer_of_socket(end):
    """The raw peer that others see."""
    return peer_of(*end.socket.getsockname()[:2])


def test_a_batch_arrives_in_order_with_its_sender(pair):
    left, right = pair
    payloads = [bytes([number]) * number for number in range(1, 41)]
    sent = left.send_batch([(payload, peer_of_socket(right)) for payload in payloads])
    received = right.receive_batch()

    assert 40 == sent
    assert [(payload, peer_of_socket(left)) for payload in payloads] == received


def test_a_reply_goes_to_the_raw_peer(pair):
    left, right = pair
    left.send_batch([(b"request", peer_of_socket(right))])
    right.send_batch([(b"reply", peer) for _, peer in right.receive_batch()])

    assert [b"reply"] == [payload for payload, _ in left.receive_batch()]


def test_more_than_a_batch_is_sent_whole_and_received_in_parts(pair):
    left, right = pair
    count = BATCH_DATAGRAMS + 5

    assert count == left.send_batch([(b"x", peer_of_socket(right))] * count)
    assert [BATCH_DATAGRAMS, 5, 0] == [len(right.receive_batch()) for _ in range(3)]


def test_lengths_of_one_batch_do_not_leak_into_the_next(pair):
    left, right = pair
    for payload in (b"a long datagram", b"", b"short"):
        left.send_batch([(payload, peer_of_socket(right))])

        assert [payload] == [received for received, _ in right.receive_batch()]


def test_nothing_to_receive_is_an_empty_batch(pair):
    assert [] == pair[0].receive_batch()


def test_octets_beyond_4096_are_cut_off(pair):
    left, right = pair
    left.socket.sendto(bytes(5000), right.socket.getsockname())

    assert [4096] == [len(payload) for payload, _ in right.receive_batch()]


def test_what_the_kernel_refuses_is_passed_over(pair, host):
    left, right = pair
    unreachable = peer_of("127.0.0.1" if host == "::1" else "::1", 9)
    good = (b"good", peer_of_socket(right))

    assert 2 == left.send_batch([good, (b"bad", unreachable), (b"bad", peer_of(host, 0)), good])
    assert [b"good", b"good"] == [payload for payload, _ in right.receive_batch()]


def test_sockets_that_share_a_port_split_the_peers():
    with bind_datagram_socket("127.0.0.1", 0, share_port=True) as first:
        port = first.getsockname()[1]
        with bind_datagram_socket("127.0.0.1", port, share_port=True) as second:
            assert first.getsockname() == second.getsockname()

        with pytest.raises(OSError, match="in use"):
            bind_datagram_socket("127.0.0.1", port)


@given(
    host=st.ip_addresses().map(str).filter(lambda host: not host.startswith("::ffff:")),
    port=st.integers(0, 65535),
)
def test_a_peer_is_rendered_as_it_was_made(host, port):
    assert (host, port) == render_peer(peer_of(host, port))


def test_a_link_local_peer_keeps_its_scope():
    assert ("fe80::1%3", 1812) == render_peer(peer_of("fe80::1%3", 1812))


def test_the_socket_neither_blocks_nor_leaks_into_children():
    with bind_datagram_socket("127.0.0.1", 0) as bound:
        assert not bound.getblocking()
        assert not bound.get_inheritable()
        assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > 65536
