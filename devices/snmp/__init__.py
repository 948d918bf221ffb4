"""SNMP v2c and v3 as a manager: pure codec and walks, one asyncio client."""
