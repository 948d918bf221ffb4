"""Who is to be behind the wall or kept out, and so who may be taken off a list meanwhile (pure)."""

from collections.abc import Iterable

from shaper.desired import LISTS
from shaper.prefixes import Prefixes
from shaper.queue import Listed, Network

__all__ = ["KeptOut"]


class KeptOut:
    """Of what is wanted on a router's lists, who and where."""

    def __init__(self, wanted: Iterable[Listed]) -> None:
        self._subjects: set[str] = set()
        self._networks = Prefixes[str]()
        for listed in wanted:
            if listed.list_name in LISTS.values():
                self._subjects.add(listed.subject)
                self._networks.put(listed.network, listed.subject)

    def lets_in(self, list_name: str, subject: str, networks: Iterable[Network]) -> bool:
        """Whether to take these off the list lets in whom it should. It does not where the subject,
        or whoever has those addresses now, is to be on a list all the same.
        """
        return (
            list_name in LISTS.values()
            and subject not in self._subjects
            and not any(True for each in networks for _ in self._networks.around(each))
        )
