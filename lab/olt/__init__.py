"""OLTs that speak SNMP: a plant of ONUs in a vendor's tables, or a recording played back."""

from lab.olt.agent import Agent
from lab.olt.device import Olt, Personality, play, tell
from lab.olt.faults import Faults
from lab.olt.personalities import personalities
from lab.olt.plant import Onu, Plant
from lab.olt.recording import read_recording
from lab.olt.responder import Limits

__all__ = [
    "Agent",
    "Faults",
    "Limits",
    "Olt",
    "Onu",
    "Personality",
    "Plant",
    "personalities",
    "play",
    "read_recording",
    "tell",
]
