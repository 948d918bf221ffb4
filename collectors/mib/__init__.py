"""What SNMP objects mean: the standard MIBs, and how a vendor's cell becomes a reading. Pure."""
