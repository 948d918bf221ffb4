"""Framing: whatever comes is sentences or one named error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.routeros import MalformedSentenceError
from devices.routeros.replies import ReplyWord, parse
from devices.routeros.sentences import (
    SENTENCE_OCTETS_MAX,
    WORDS_MAX,
    SentenceReader,
    encode,
)
from lab.routeros import framing

WORDS = st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=6)


def read_all(octets: bytes, cuts: list[int] = ()) -> list[tuple[str, ...]]:
    reading = SentenceReader()
    found = []
    start = 0
    for cut in [*sorted(cuts), len(octets)]:
        found += reading.feed(octets[start:cut])
        start = max(start, cut)
    return found


@given(st.lists(WORDS, min_size=1, max_size=5), st.lists(st.integers(0, 3000), max_size=8))
def test_sentences_come_back_however_the_stream_is_cut(sentences, cuts):
    octets = b"".join(map(encode, sentences))

    assert [tuple(words) for words in sentences] == read_all(octets, cuts)


@given(WORDS)
def test_both_framings_write_the_same(words):
    assert framing.frame(words) == encode(words)


@pytest.mark.parametrize("length", [1, 0x7F, 0x80, 0x3FFF, 0x4000, 0x1FFFFF, 0x200000])
def test_a_word_of_every_length_of_a_length_comes_back(length):
    assert [("!re", "x" * length)] == read_all(encode(["!re", "x" * length]))


@given(st.binary(max_size=200))
def test_any_octets_are_sentences_of_replies_or_one_named_error(octets):
    try:
        for sentence in read_all(octets):
            parse(sentence)
    except MalformedSentenceError:
        pass


def test_a_length_of_five_octets_is_beyond_any_sentence():
    with pytest.raises(MalformedSentenceError, match="0xf0"):
        read_all(b"\xf0\x10\x00\x00\x00")


def test_a_long_sentence_is_refused_before_its_octets_are_held():
    with pytest.raises(MalformedSentenceError, match=str(SENTENCE_OCTETS_MAX)):
        read_all(framing.length_octets(SENTENCE_OCTETS_MAX + 1))


def test_a_sentence_of_endless_words_is_refused():
    with pytest.raises(MalformedSentenceError, match=str(WORDS_MAX)):
        read_all(b"\x01x" * (WORDS_MAX + 1))


def test_an_empty_sentence_means_nothing():
    assert [("!done",)] == read_all(b"\0\0" + encode(["!done"]))


def test_accents_survive_in_both_spellings_that_routers_hold():
    utf8 = read_all(encode(["=comment=Café"]))
    latin1 = read_all(b"\x0d=comment=Caf\xe9\0")

    assert [("=comment=Café",)] == utf8 == latin1


def test_a_reply_keeps_raw_strings():
    reply = parse(["!re", ".tag=7", "=name=true", "=comment=a=b", "=max-limit=10/0"])

    assert (ReplyWord.DATA, "7") == (reply.word, reply.tag)
    assert {"name": "true", "comment": "a=b", "max-limit": "10/0"} == reply.attributes


def test_a_fatal_reason_is_no_attribute():
    assert "not logged in" == parse(["!fatal", "not logged in"]).reason


def test_a_reply_word_of_a_later_version_is_not_an_error():
    assert ReplyWord.UNKNOWN is parse(["!soon", "=x=y"]).word


@pytest.mark.parametrize("sentence", [["re"], ["!re", "=name"], ["!re", "name"], ["!done", "x=y"]])
def test_what_is_no_reply_is_malformed(sentence):
    with pytest.raises(MalformedSentenceError):
        parse(sentence)
