"""One device's session: what is asked, how often, and what is made of the answers."""

import asyncio
import random

import pytest

from chassis.secrets import Secret
from devices.credentials import SnmpAccess
from devices.snmp import Snmp, SnmpRefused, SnmpTarget, SnmpTimeout
from devices.snmp.ber import oid_octets
from devices.snmp.message import Pdu
from devices.snmp.walking import UPTIME_INSTANCE, Walking
from tests.support.model_agent import Faults, ModelAgent, ModelExchange, arcs_of
from tests.support.sizes import size
from tests.support.virtual_loop import run_in_virtual_time

COLUMNS = ("1.3.6.1.4.1.9.1.1", "1.3.6.1.4.1.9.1.2", "1.3.6.1.4.1.9.1.10")
PUBLIC = SnmpAccess(version="2c", community=Secret("public"))


def table(rows: int, columns=COLUMNS, missing: float = 0.0, seed: int = 0):
    """Cells of some columns, with others before, between and after them, and the truth."""
    randomly = random.Random(seed)
    truth = {column: {} for column in columns}
    cells = {arcs_of("1.3.6.1.4.1.9.1.3.1"): 1, arcs_of("1.3.6.1.4.1.9.1.100.1"): 1}
    for row in range(rows):
        index = (4194304000 + row // 128 * 256, row % 128)
        for column in columns:
            if randomly.random() >= missing:
                value = randomly.choice([row, f"value {row}".encode()])
                truth[column][index] = cells[arcs_of(column) + index] = value
    return cells, truth


def session(exchange: ModelExchange, host: str = "olt", **options) -> Snmp:
    target = SnmpTarget(host=host, access=PUBLIC)
    return Snmp(exchange, target, name=host, **({"requests_per_second": 100} | options))


def walk(agent: ModelAgent, **options):
    async def run():
        exchange = ModelExchange({"olt": agent})
        asking = session(exchange, **options)
        started = asyncio.get_running_loop().time()
        found = await asking.walk(COLUMNS, deadline=started + 600)
        return found, asking, exchange

    return run_in_virtual_time(run())


def test_columns_are_read_together_with_the_uptime():
    cells, truth = table(500)
    found, _, exchange = walk(ModelAgent(cells=cells))

    assert (truth, True, None) == (found.columns, found.complete, found.fault)
    assert found.first_uptime_ticks < found.uptime_ticks
    assert len(exchange.sent) <= 500 * 3 / 30 + 5


def test_ragged_columns_with_missing_cells_are_read_whole():
    for seed in range(20):
        cells, truth = table(60, missing=0.4, seed=seed)
        found, _, _ = walk(ModelAgent(cells=cells))

        assert (truth, True) == (found.columns, found.complete)


def test_an_empty_table_is_complete():
    found, _, _ = walk(ModelAgent(cells={}))

    assert ({column: {} for column in COLUMNS}, True) == (found.columns, found.complete)


def test_a_device_that_answers_with_less_is_asked_for_less():
    cells, truth = table(300)
    found, asking, _ = walk(ModelAgent(cells=cells, faults=Faults(varbinds_max=10)))

    assert (truth, True) == (found.columns, found.complete)
    assert asking.appetite.varbinds <= 12


def test_a_device_that_says_too_big_is_asked_for_less():
    cells, truth = table(300)
    found, asking, _ = walk(ModelAgent(cells=cells, faults=Faults(too_big_over=3)))

    assert (truth, True) == (found.columns, found.complete)
    assert asking.appetite.varbinds <= 3


def test_a_device_that_drops_large_answers_is_asked_for_less():
    cells, truth = table(100)

    class Dropping(ModelAgent):
        def answer(self, datagram: bytes) -> bytes | None:
            answer = super().answer(datagram)
            return answer if answer is None or len(answer) < 500 else None

    found, asking, _ = walk(Dropping(cells=cells))

    assert (truth, True) == (found.columns, found.complete)
    assert asking.appetite.varbinds <= 20


def test_a_column_that_loops_is_kept_as_far_as_it_went():
    cells, truth = table(300)
    found, _, exchange = walk(ModelAgent(cells=cells, faults=Faults(loops_after=100)))

    assert (False, "an OID that does not increase") == (found.complete, found.fault)
    assert found.columns[COLUMNS[0]].items() < truth[COLUMNS[0]].items()
    assert len(found.columns[COLUMNS[0]]) > 50
    assert len(exchange.sent) < 40


def test_an_endless_table_ends():
    cells, _ = table(3000, columns=COLUMNS[:1])

    async def run():
        asking = session(ModelExchange({"olt": ModelAgent(cells=cells)}))
        return await asking.walk(COLUMNS[:1], rows_max=1000)

    found = run_in_virtual_time(run())

    assert (False, "more than 1000 rows") == (found.complete, found.fault)


def test_a_device_that_falls_silent_leaves_what_was_read():
    cells, truth = table(300)
    found, _, _ = walk(ModelAgent(cells=cells, faults=Faults(dead_after=5)))

    assert (False, "no answer to 3 requests") == (found.complete, found.fault)
    assert all(found.columns[column].items() < truth[column].items() for column in COLUMNS)


def test_a_device_that_restarts_meanwhile_was_not_read_in_full():
    cells, _ = table(300)
    found, _, _ = walk(ModelAgent(cells=cells, faults=Faults(restarts_after=6)))

    assert (False, "the device restarted meanwhile") == (found.complete, found.fault)


def test_the_time_for_a_reading_ends_it():
    cells, _ = table(2000)

    async def run():
        asking = session(ModelExchange({"olt": ModelAgent(cells=cells)}), requests_per_second=10)
        found = await asking.walk(COLUMNS, deadline=2.0)
        return found, asyncio.get_running_loop().time()

    found, ended = run_in_virtual_time(run())

    assert (False, "the time for this reading is over") == (found.complete, found.fault)
    assert ended <= 2.1


def test_silence_from_the_start_is_a_timeout_after_three_tries():
    async def run():
        exchange = ModelExchange({"olt": ModelAgent(cells={}, community=b"other")})
        with pytest.raises(SnmpTimeout):
            await session(exchange).walk(COLUMNS)
        return len(exchange.sent), asyncio.get_running_loop().time()

    sent, ended = run_in_virtual_time(run())

    assert 3 == sent
    assert 6.0 <= ended <= 6.2


def test_single_variables_are_given_and_absent_ones_are_none():
    cells, _ = table(200)
    some = [f"{COLUMNS[0]}.4194304000.{row}" for row in range(100)]

    async def run():
        asking = session(ModelExchange({"olt": ModelAgent(cells=cells)}))
        return await asking.get([*some, f"{COLUMNS[0]}.1.1"])

    found = run_in_virtual_time(run())

    expected = {oid: cells[arcs_of(oid)] for oid in some} | {f"{COLUMNS[0]}.1.1": None}
    assert expected == found


def test_an_error_of_the_device_is_told():
    async def run():
        agent = ModelAgent(cells={}, faults=Faults(general_error=1.0))
        with pytest.raises(SnmpRefused, match="genErr"):
            await session(ModelExchange({"olt": agent})).get(["1.3.6.1.2.1.1.5.0"])

    run_in_virtual_time(run())


def test_what_an_agent_cannot_tell_leaves_the_rest():
    cells, _ = table(2)
    some = [".".join(map(str, arcs)) for arcs in sorted(cells)]
    wrong = frozenset(sorted(cells)[:2])

    async def run():
        agent = ModelAgent(cells=cells, faults=Faults(untellable=wrong))
        return await session(ModelExchange({"olt": agent})).get(some)

    found = run_in_virtual_time(run())

    assert {oid: None if arcs_of(oid) in wrong else cells[arcs_of(oid)] for oid in some} == found


def test_one_question_is_outstanding_and_no_second_sees_more_than_allowed():
    async def run():
        agents = {f"olt{n}": ModelAgent(cells=table(300)[0]) for n in range(4)}
        exchange = ModelExchange(agents)
        sessions = [session(exchange, host, requests_per_second=15) for host in agents]
        both = [asking.walk(COLUMNS) for asking in sessions * 2]
        assert all(found.complete for found in await asyncio.gather(*both))
        return exchange

    exchange = run_in_virtual_time(run())
    times = [at for at, host in exchange.sent if host == "olt0"]

    assert 1 == exchange.outstanding_max
    assert 15 >= max(sum(at <= other < at + 1 for other in times) for at in times)


@pytest.mark.prove
def test_whatever_goes_wrong_no_cell_is_wrong_and_complete_means_whole(record_property):
    """Loss, late, doubled, foreign answers, errors, short answers, loops, restarts."""
    cases = size(300, 40_000)
    complete = 0
    for seed in range(cases):
        randomly = random.Random(seed)
        cells, truth = table(randomly.randrange(40), missing=randomly.choice([0, 0.3]), seed=seed)

        def maybe(most: float, randomly=randomly) -> float:
            return randomly.choice([0.0, 0.0, most * randomly.random()])

        faults = Faults(
            varbinds_max=randomly.choice([1000, randomly.randrange(1, 30)]),
            too_big_over=randomly.choice([1000, randomly.randrange(2, 30)]),
            lost=maybe(0.4),
            doubled=maybe(0.9),
            late=maybe(0.4),
            foreign=maybe(0.9),
            general_error=maybe(0.1),
            loops_after=randomly.choice([None, None, None, randomly.randrange(130)]),
            restarts_after=randomly.choice([None, None, None, randomly.randrange(20)]),
            dead_after=randomly.choice([None, None, None, randomly.randrange(20)]),
        )
        agent = ModelAgent(cells=cells, faults=faults, randomly=randomly)
        try:
            found, _, exchange = walk(agent)
        except SnmpTimeout:
            continue
        complete += found.complete
        for column in COLUMNS:
            assert found.columns[column].items() <= truth[column].items(), f"seed {seed}"
        if found.complete:
            assert truth == found.columns, f"seed {seed}"
        assert (found.fault is None) == found.complete, f"seed {seed}"
        assert len(exchange.sent) < 600, f"seed {seed}"

    record_property("walks of faulty agents", f"{cases:,}, {complete:,} of them complete")
    assert complete > cases / 4


def test_of_a_walk_that_is_cut_off_the_columns_without_an_answer_are_unknown():
    walking = Walking(COLUMNS, rows_max=0)
    row = (oid_octets(f"{COLUMNS[0]}.7"), 5)
    told = [(UPTIME_INSTANCE, 1), row]
    answer = Pdu(tag=2, request_id=1, error_status=0, error_index=0, varbinds=told)
    walking.answered(walking.request(1), answer)
    before = walking.result().unknown
    walking.stop("no answer")

    assert (set(), set(COLUMNS[1:])) == (before, walking.result().unknown)
