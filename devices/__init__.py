"""Connections to equipment: RouterOS, SNMP, gRPC, SSH. The room is empty so far."""
