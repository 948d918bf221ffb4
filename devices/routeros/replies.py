"""What a reply sentence says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from devices.routeros.errors import MalformedSentenceError

__all__ = ["Reply", "ReplyWord", "parse"]

TAG = ".tag="


class ReplyWord(StrEnum):
    """The first word of a reply."""

    DATA = "!re"
    EMPTY = "!empty"
    """From 7.18: there is nothing to return; `!done` follows."""
    TRAP = "!trap"
    """The command fails; there may be several, `!done` follows."""
    DONE = "!done"
    FATAL = "!fatal"
    """The router closes the connection."""
    UNKNOWN = ""
    """A reply word of some later version: not an end, so nothing hangs on it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply sentence; `attributes` are raw strings by name, `reason` is of `!fatal`."""

    word: ReplyWord
    tag: str | None
    attributes: Mapping[str, str]
    reason: str = ""


def parse(sentence: Sequence[str]) -> Reply:
    """The reply that a sentence is. Raises MalformedSentenceError."""
    first, *words = sentence
    if not first.startswith("!"):
        message = "a reply that does not begin with a reply word"
        raise MalformedSentenceError(message)
    word = KNOWN.get(first, ReplyWord.UNKNOWN)
    tag = None
    attributes = {}
    reasons = []
    for each in words:
        if each.startswith("="):
            name, separator, value = each[1:].partition("=")
            if not separator:
                message = "an attribute word without a value"
                raise MalformedSentenceError(message)
            attributes[name] = value
        elif each.startswith(TAG):
            tag = each.removeprefix(TAG)
        elif word in (ReplyWord.FATAL, ReplyWord.UNKNOWN):
            reasons.append(each)
        else:
            message = "a word that is neither an attribute nor a tag"
            raise MalformedSentenceError(message)
    reason = " ".join(reasons) or attributes.get("message", "")
    return Reply(word, tag, attributes, reason)


KNOWN = {word.value: word for word in ReplyWord if word is not ReplyWord.UNKNOWN}
