"""SNMPv3: keys as the RFC computes them, engines that restart, forget and are cloned."""

import random

import pytest

from chassis.secrets import Secret
from devices.credentials import SnmpAccess
from devices.snmp.ber import MalformedMessage
from devices.snmp.message import GET, Request, encode_pdu
from devices.snmp.security import LateAnswer, Opened
from devices.snmp.usm import Usm
from devices.snmp.usm_keys import localised, master_keys
from tests.support.model_usm_agent import ANSWER, ModelUsmAgent
from tests.support.sizes import size

EXCHANGES_MAX = 3
RFC_ENGINE = bytes.fromhex("000000000000000000000002")


def access(auth: str | None = "sha256", priv: str | None = "aes", user: str = "poll") -> SnmpAccess:
    return SnmpAccess(
        version="3",
        user=user,
        auth_protocol=auth,
        auth_secret=Secret("authentic words") if auth else None,
        priv_protocol=priv,
        priv_secret=Secret("private words") if priv else None,
    )


def ask(usm: Usm, agent: ModelUsmAgent, now: float, number: int) -> tuple[Opened, int]:
    """The answer, and in how many exchanges it was had."""
    for exchange in range(1, EXCHANGES_MAX + 2):
        number += 1
        question = encode_pdu(Request(tag=GET, oids=(ANSWER[0],)), number)
        datagram = usm.opening(number) or usm.seal(question, number, now)
        opened = usm.open(agent.answer(datagram, now), {number}, now)
        if not opened.again:
            return opened, exchange
    raise AssertionError("never answered")


@pytest.mark.parametrize(
    ("protocol", "master", "local"),
    [
        ("md5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        (
            "sha",
            "9fb5cc0381497b3793528939ff788d5d79145211",
            "6695febc9288e36282235fc7151f128497b38f3f",
        ),
    ],
)
def test_keys_are_those_of_rfc_3414_a_3(protocol, master, local):
    made = master_keys(
        SnmpAccess(version="3", user="u", auth_protocol=protocol, auth_secret=Secret("maplesyrup"))
    )

    assert master == made.auth.reveal().hex()
    assert local == localised(made, RFC_ENGINE).auth.reveal().hex()


@pytest.mark.parametrize("auth", ["md5", "sha", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("priv", [None, "des", "aes", "aes192", "aes256"])
def test_every_protocol_asks_and_is_answered(auth, priv):
    usm = Usm(access(auth, priv), salt=1)
    opened, exchanges = ask(usm, ModelUsmAgent(access(auth, priv)), 0.0, 1)

    assert [ANSWER] == opened.pdu.varbinds
    assert 2 == exchanges


@pytest.mark.parametrize(
    ("theirs", "refusal"),
    [
        (access(user="other"), "the agent knows no such user"),
        (access("sha", "aes"), "the authentication secret or protocol is wrong"),
    ],
)
def test_a_refusal_is_told_and_is_no_silence(theirs, refusal):
    opened, _ = ask(Usm(access(), salt=1), ModelUsmAgent(theirs), 0.0, 1)

    assert refusal == opened.refusal


def test_an_answer_to_another_question_is_late():
    usm, agent = Usm(access(), salt=1), ModelUsmAgent(access())
    ask(usm, agent, 0.0, 1)
    late = agent.answer(usm.seal(encode_pdu(Request(tag=GET, oids=()), 50), 50, 0.0), 0.0)

    with pytest.raises(LateAnswer):
        usm.open(late, {51}, 0.0)


@pytest.mark.parametrize("auth", ["sha256", None])
def test_what_is_not_as_safe_as_the_question_is_no_answer(auth):
    usm, agent = Usm(access(), salt=1), ModelUsmAgent(access())
    ask(usm, agent, 0.0, 1)
    weak = Usm(access(auth, None), salt=1)
    weaker = ModelUsmAgent(access(auth, None))
    ask(weak, weaker, 0.0, 1)
    forged = weaker.answer(weak.seal(encode_pdu(Request(tag=GET, oids=()), 9), 9, 0.0), 0.0)

    with pytest.raises(MalformedMessage):
        usm.open(forged, {9}, 0.0)


def test_changed_octets_are_never_an_answer():
    usm, agent = Usm(access(), salt=1), ModelUsmAgent(access())
    ask(usm, agent, 0.0, 1)
    whole = agent.answer(usm.seal(encode_pdu(Request(tag=GET, oids=()), 9), 9, 0.0), 0.0)
    for at in range(len(whole)):
        changed = whole[:at] + bytes((whole[at] ^ 0x01,)) + whole[at + 1 :]
        with pytest.raises((MalformedMessage, LateAnswer)):
            usm.open(changed, {9}, 0.0)


@pytest.mark.prove
def test_clocks_restarts_and_clones_heal_within_one_more_exchange(record_property):
    """Restarts with and without remembered boots, clocks that jump, engines that are replaced."""
    levels = [access("sha", "aes"), access("sha", None), access(None, None)]
    users = [(ModelUsmAgent(level), Usm(level, salt=1)) for level in levels]
    now = 0.0
    cases = size(300, 30_000)
    record_property("engines that restart, forget and change, six times each", f"{cases:,}")
    for seed in range(cases):
        randomly = random.Random(seed)
        agent, usm = randomly.choice(users)
        ask(usm, agent, now, 1)
        for turn in range(6):
            now += randomly.choice([1, 100, 151, 5_000, 10_000_000])
            match randomly.randrange(5):
                case 0:
                    agent.restart(now)
                case 1:
                    agent.restart(now, boots=randomly.randrange(3))
                case 2:
                    agent.booted_at -= randomly.randrange(-1000, 1000)
                case 3:
                    agent.engine_id = randomly.randbytes(12)
                    agent.restart(now, boots=randomly.randrange(100))
            opened, exchanges = ask(usm, agent, now, 100 * turn + 100)

            assert [ANSWER] == opened.pdu.varbinds, f"seed {seed}"
            assert exchanges <= EXCHANGES_MAX, f"seed {seed}"
