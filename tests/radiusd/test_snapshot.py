"""The snapshot mirrors the followed tables, in whatever order their rows come."""

from types import SimpleNamespace

import pytest

from chassis.sealing import KeyRing
from isp.identifiers import IdentifierKind
from radiusd.loading import addresses_of
from radiusd.snapshot import (
    LeaseKind,
    Snapshot,
    SnapshotUnusableError,
    decode_leases,
    identifier_key,
)
from radiusd.snapshot_writer import FOLLOWED_TABLES, Changes, SnapshotWriter
from tests.support.answering import Answerer, rows_of


@pytest.fixture
def answerer(tmp_path):
    one = Answerer(tmp_path / "snapshot")
    yield one
    one.close()


def holder_of(answerer, login):
    with answerer.snapshot.reading() as reading:
        found = reading.identifier(identifier_key(1, IdentifierKind.LOGIN, login))
        return None if found is None else found.service_id


def identifier(keys, service_id, login, **changed):
    (row,) = rows_of(keys, service_id=service_id, login=login)["service_identifier"]
    return SimpleNamespace(**(vars(row) | changed))


@pytest.mark.parametrize("removed_first", [True, False])
def test_a_login_may_pass_to_another_service(answerer, removed_first):
    answerer.apply({"service_identifier": [identifier(answerer.keys, 1, "ann")]})
    rows = [
        identifier(answerer.keys, 1, "ann", removed_at=1),
        identifier(answerer.keys, 2, "ann"),
    ]
    answerer.apply({"service_identifier": rows if removed_first else rows[::-1]})

    assert 2 == holder_of(answerer, "ann")


def test_a_renamed_login_is_known_by_its_new_name_alone(answerer):
    answerer.apply({"service_identifier": [identifier(answerer.keys, 1, "ann")]})
    answerer.apply({"service_identifier": [identifier(answerer.keys, 1, "anna")]})

    assert 1 == holder_of(answerer, "anna")
    assert holder_of(answerer, "ann") is None


def test_an_address_may_move_to_another_service(answerer):
    rows = rows_of(answerer.keys, service_id=1, leases=[("ipv4", "10.0.0.1/32")])
    answerer.apply(rows)
    moved = SimpleNamespace(**(vars(rows["lease"][0]) | {"service_id": 2}))
    answerer.apply({"lease": [moved]})

    with answerer.snapshot.reading() as reading:
        assert reading.lease_octets(1) is None
        assert "10.0.0.1" == addresses_of(decode_leases(reading.lease_octets(2))).ipv4


def test_a_complete_reading_forgets_what_it_does_not_contain(answerer):
    answerer.apply(rows_of(answerer.keys, service_id=1, login="ann"))
    answerer.apply(rows_of(answerer.keys, service_id=2, login="bob"), complete=True)

    assert holder_of(answerer, "ann") is None
    assert 2 == holder_of(answerer, "bob")


def test_a_pool_is_ours_until_the_last_network_of_its_name_is_removed(answerer):
    def network(pool_id, removed_at=None):
        return SimpleNamespace(
            pool_id=pool_id, tenant_id=1, kind="ipv4", name="home", removed_at=removed_at
        )

    def known():
        with answerer.snapshot.reading() as reading:
            return reading.has_pool(1, LeaseKind.IPV4, "home")

    found = [known()]
    for row in (network(1), network(2), network(1, 1), network(2, 1)):
        answerer.apply({"pool": [row]})
        found.append(known())

    assert [False, True, True, True, False] == found


def test_a_snapshot_is_none_before_everything_was_read(tmp_path):
    writer = SnapshotWriter(tmp_path)
    writer.apply([Changes(table="nas", rows=[], complete=True)])

    with pytest.raises(SnapshotUnusableError):
        writer.snapshot()
    writer.close()


@pytest.mark.parametrize("damage", [b"", b"not an environment", bytes(5000)])
def test_a_broken_snapshot_is_begun_anew(tmp_path, damage):
    keys = KeyRing.generate()
    writer = SnapshotWriter(tmp_path)
    rows = rows_of(keys)
    writer.apply(
        [Changes(table=name, rows=rows.get(name, []), complete=True) for name in FOLLOWED_TABLES]
    )
    writer.close()
    (tmp_path / "data.mdb").write_bytes(damage)

    with pytest.raises(SnapshotUnusableError):
        Snapshot.open(tmp_path)
    again = SnapshotWriter(tmp_path)
    again.apply([Changes(table=name, rows=[], complete=True) for name in FOLLOWED_TABLES])
    again.close()
    Snapshot.open(tmp_path).close()


def test_an_identifier_too_long_for_a_key_is_nobodys():
    assert identifier_key(1, IdentifierKind.LOGIN, "ΐ" * 253) is None
    assert identifier_key(1, IdentifierKind.LOGIN, "") is None
