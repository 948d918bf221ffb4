"""The protocols of sd_notify and sd_listen_fds."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chassis import systemd

HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["file", "abstract"])
def listener(request, tmp_path, monkeypatch):
    """Where systemd would listen."""
    path = tmp_path / "notify"
    address = str(path) if request.param == "file" else f"\0turnpike-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        yield channel


def test_fields_are_told_one_a_line(listener):
    assert systemd.notify(READY=1, STATUS="64 NAS known")
    assert b"READY=1\nSTATUS=64 NAS known" == listener.recv(4096)


def test_a_socket_is_given_to_keep(listener):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kept:
        kept.bind(("127.0.0.1", 0))

        assert systemd.keep_descriptor(kept, "auth-0")
        message, descriptors, _, _ = socket.recv_fds(listener, 4096, 4)
        with socket.socket(fileno=descriptors[0]) as received:
            assert kept.getsockname() == received.getsockname()
    assert b"FDSTORE=1\nFDNAME=auth-0" == message


def test_a_kept_socket_is_given_up(listener):
    systemd.forget_descriptor("auth-0")

    assert b"FDSTOREREMOVE=1\nFDNAME=auth-0" == listener.recv(4096)


def test_without_systemd_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    assert not systemd.notify(READY=1)


def test_a_listener_that_is_gone_does_no_harm(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    assert not systemd.notify(READY=1)


def test_passed_sockets_come_with_their_names():
    receiver = (
        "import os; os.environ['LISTEN_PID'] = str(os.getpid())\n"
        "from chassis.systemd import listening_sockets\n"
        "print([(name, passed.getsockname()[1]) for name, passed in listening_sockets()])"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as passed:
        passed.bind(("127.0.0.1", 0))
        shell = f'exec 3<&{passed.fileno()}; exec "$0" -c "$1"'
        ended = subprocess.run(
            ["/bin/bash", "-c", shell, sys.executable, receiver],
            env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "auth"},
            pass_fds=(passed.fileno(),),
            cwd=HOUSE,
            capture_output=True,
            text=True,
            check=True,
        )

        assert f"[('auth', {passed.getsockname()[1]})]\n" == ended.stdout


def test_sockets_passed_to_another_process_are_left_alone():
    assert [] == systemd.listening_sockets({"LISTEN_PID": "1", "LISTEN_FDS": "1"})


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(environment, seconds):
    assert seconds == systemd.watchdog_interval_seconds(environment)
