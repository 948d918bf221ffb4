"""Connections to equipment: RouterOS, SNMP, gRPC, SSH."""
