"""SNMP v2c and v3 as a manager: pure codec, walks and security, one asyncio session per device."""

from devices.snmp.exchange import Exchange
from devices.snmp.session import Snmp
from devices.snmp.values import (
    SnmpAuthenticationFailed,
    SnmpError,
    SnmpRefused,
    SnmpTarget,
    SnmpTimeout,
    Value,
    Walk,
)

__all__ = [
    "Exchange",
    "Snmp",
    "SnmpAuthenticationFailed",
    "SnmpError",
    "SnmpRefused",
    "SnmpTarget",
    "SnmpTimeout",
    "Value",
    "Walk",
]
