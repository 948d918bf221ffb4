"""The spool: what it returned for is on the disk, and nothing else is."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from radiusd.accounting import Status
from radiusd.spool import Spool, SpoolError, SpoolFullError
from tests.support.accounting import record

RECORDS = [record(Status.INTERIM, seconds, seconds) for seconds in range(1, 11)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "spool-0.sqlite"


@pytest.fixture
def spool(path):
    spool = Spool(path)
    yield spool
    spool.close()


def test_records_come_back_as_they_went_in(spool):
    spool.append(RECORDS)

    assert RECORDS == spool.oldest(100).records
    assert 10 == spool.waiting()


def test_the_oldest_come_first_about_as_many_as_asked_for(spool):
    for at in range(0, 10, 2):
        spool.append(RECORDS[at : at + 2])

    assert RECORDS[:4] == spool.oldest(3).records


def test_what_is_removed_is_gone_and_the_rest_waits(spool):
    for one in RECORDS:
        spool.append([one])
    spool.remove(spool.oldest(4).chunk_id)

    assert RECORDS[4:] == spool.oldest(100).records


def test_an_empty_spool_has_nothing(spool):
    assert (None, 0) == (spool.oldest(1), spool.waiting())


def test_a_successor_finds_what_was_left(spool, path):
    spool.append(RECORDS)
    spool.close()
    successor = Spool(path)

    assert RECORDS == successor.oldest(100).records
    successor.close()


def test_a_refused_record_is_put_aside_with_its_problem(spool):
    spool.refuse(RECORDS[0], "no such day")

    assert (1, 0) == (spool.refused(), spool.waiting())


def test_a_full_spool_says_so_and_keeps_what_it_has(path):
    spool = Spool(path, octets_maximum=64 * 1024)
    kept = 0
    with pytest.raises(SpoolFullError):
        for _ in range(1000):
            spool.append(RECORDS)
            kept += len(RECORDS)

    assert 0 < kept == spool.waiting()
    spool.remove(spool.oldest(1000).chunk_id)
    spool.append(RECORDS)
    spool.close()


def test_a_broken_disk_is_an_error_and_the_next_try_begins_anew(spool, path):
    spool.append(RECORDS)
    spool.close()
    path.chmod(0)
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    with pytest.raises(SpoolError):
        spool.append(RECORDS)
    path.rmdir()
    path.with_suffix(".away").rename(path)
    path.chmod(0o600)
    spool.append(RECORDS)

    assert 20 == spool.waiting()


APPEND_FOREVER = """
import sys
from pathlib import Path
from radiusd.accounting import Status
from radiusd.spool import Spool
from tests.support.accounting import record

spool = Spool(Path(sys.argv[1]))
for seconds in range(1, 100_000):
    spool.append([record(Status.INTERIM, seconds, seconds)])
    print(seconds, flush=True)
"""


def test_a_killed_process_leaves_all_that_it_had_appended(path):
    with subprocess.Popen(
        [sys.executable, "-c", APPEND_FOREVER, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(50):
            child.stdout.readline()
        child.kill()
        told = [line for line in child.stdout.read().splitlines() if line]
    last = int(told[-1]) if told else 50

    spool = Spool(path)
    found = [one.session_time_seconds for one in spool.oldest(1_000_000).records]
    spool.close()
    assert list(range(1, last + 1)) == found[:last]


def test_the_file_is_synchronised_in_full(spool, path):
    spool.append(RECORDS)
    with sqlite3.connect(path) as other:
        assert ("wal",) == other.execute("PRAGMA journal_mode").fetchone()
    other.close()
    assert spool._open().execute("PRAGMA synchronous").fetchone() == (2,)
