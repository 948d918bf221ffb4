"""What can be done to a running OLT, by a line of words: `cut 3`, `loss 0.2`, `black-hole on`."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final

from isp.errors import ExitCode, Refused
from lab.olt.agent import Agent
from lab.olt.device import Olt
from lab.olt.faults import Faults
from lab.olt.plant import Onu

__all__ = ["counts", "obey"]


def onu(olt: Olt, number: str) -> Onu:
    """An ONU by its number."""
    return olt.plant.onus[int(number)]


ACTIONS: Final[Mapping[str, Callable[..., None]]] = {
    "cut": lambda olt, port: olt.cut(int(port)),
    "mend": lambda olt, port: olt.mend(int(port)),
    "reboot": lambda olt: olt.reboot(),
    "shuffle": lambda olt: olt.plant.shuffle(),
    "swap": lambda olt, one, other: olt.plant.swap(onu(olt, one), onu(olt, other)),
    "move": lambda olt, one, port: olt.plant.move(onu(olt, one), int(port)),
    "switch-off": lambda olt, one: olt.plant.switch_off(onu(olt, one)),
    "restore": lambda olt, one: olt.plant.restore(onu(olt, one)),
    "use": lambda olt, up, down: olt.plant.use(int(up), int(down)),
}
"""Ports and ONUs by their number from 0."""

FAULTS: Final = {each.name.replace("_", "-"): each.name for each in fields(Faults)}


def obey(olt: Olt, line: str) -> None:
    """Do what the line says; `Refused` tells what there is to do."""
    word, *rest = line.split() or [""]
    try:
        if word in FAULTS:
            value = rest[0] == "on" if word == "black-hole" else float(rest[0])
            olt.agent.faults = olt.agent.faults.changed(**{FAULTS[word]: value})
        else:
            ACTIONS[word](olt, *rest)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Refused(
            f"the OLT cannot be told {line.strip()!r}",
            remedy=f"one of {', '.join((*ACTIONS, *FAULTS))}, with its numbers",
            exit_code=ExitCode.USAGE,
        ) from error


def counts(agent: Agent) -> Mapping[str, int]:
    """What the agent was asked, and how hard."""
    return {
        **agent.counts,
        "outstanding_max": agent.outstanding_max,
        "rate_max": agent.rate_max,
    }
