"""A VOLTHA core: the protocol's own servicers over a plant of OLTs, PON ports and ONUs."""

from lab.voltha.core import Core, Habits
from lab.voltha.plant import Condition, Olt, Onu, Plant, Pon

__all__ = ["Condition", "Core", "Habits", "Olt", "Onu", "Plant", "Pon"]
