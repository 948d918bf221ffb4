"""What still has to be published: bounded, and only the newest state of each topic.

Pure.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Final

__all__ = ["DELETED", "OUTBOX_MAX", "Outbox", "changed"]

OUTBOX_MAX: Final = 40_000
"""One device is published at a time; the largest OLT has 16 cards of 16 ports of 128 ONUs."""

DELETED: Final = b""
"""An empty retained payload makes a broker forget the topic (MQTT 3.1.1 §3.3.1.3)."""


class Outbox:
    """Topics with their newest payloads, in the order in which they were first changed.

    What does not fit is dropped and `overflowed` says so: then everything has to be said again.
    """

    def __init__(self, topics_max: int = OUTBOX_MAX) -> None:
        self._waiting: dict[str, bytes] = {}
        self._topics_max = topics_max
        self.overflowed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, topic: str, payload: bytes) -> bool:
        """Replace what waits for this topic, or append it; False where it did not fit."""
        if topic not in self._waiting and len(self._waiting) >= self._topics_max:
            self.overflowed = True
            return False
        self._waiting[topic] = payload
        return True

    def take(self, count: int) -> list[tuple[str, bytes]]:
        """The oldest `count` topics, which are not waiting any more."""
        topics = list(islice(self._waiting, count))
        return [(topic, self._waiting.pop(topic)) for topic in topics]

    def clear(self) -> None:
        """Forget everything: all of it will be said again."""
        self._waiting.clear()
        self.overflowed = False


def changed(published: Mapping[str, int], wanted: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of `wanted` a broker does not keep, where it keeps `published` (hashes of payloads)."""
    return {
        topic: payload for topic, payload in wanted.items() if published.get(topic) != hash(payload)
    }
