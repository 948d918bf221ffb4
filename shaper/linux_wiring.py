"""Which interfaces a shaper works on, and the chains that classify there (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from shaper.linux_state import Chain, Hook, MapKey, Rule

__all__ = ["Wiring"]

IFB = "tp-"
INTERFACE_LETTERS_MAX = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """`inside` is towards the subscribers: what leaves there is shaped as down. `outside` is
    towards the Internet: what leaves there is shaped as up. Without one, as where addresses are
    translated, what comes in from inside goes through an IFB of our own, and is shaped there.
    """

    inside: str
    outside: str | None = None

    @classmethod
    def of_text(cls, text: str) -> Self:
        """`eth1`, or `eth1/eth0`: inside and outside."""
        inside, _, outside = text.partition("/")
        return cls(inside=inside, outside=outside or None)

    @property
    def table(self) -> str:
        """The name of the nftables table that is ours."""
        return f"turnpike_{self.inside}"

    @property
    def up_interface(self) -> str:
        """Where up is shaped. Of a long name the end tells it from the others of its card."""
        return self.outside or IFB + self.inside[-(INTERFACE_LETTERS_MAX - len(IFB)) :]

    def chains(self, maps: Iterable[MapKey], up_index: int) -> tuple[Chain, ...]:
        """The longest prefixes are asked first; `up_index` is the index of `up_interface`."""
        ordered = sorted(maps, key=lambda key: (key[0], -key[1]))
        onwards = None if self.outside else up_index
        return (
            Chain(
                name="down",
                hook=Hook.EGRESS,
                interface=self.inside,
                rules=tuple(Rule(field="daddr", map_key=key) for key in ordered),
            ),
            Chain(
                name="up",
                hook=Hook.EGRESS if self.outside else Hook.INGRESS,
                interface=self.outside or self.inside,
                rules=tuple(
                    Rule(field="saddr", map_key=key, forward_to=onwards) for key in ordered
                ),
            ),
        )
