"""Connections to equipment: RouterOS, SNMP, gRPC, SSH."""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
"""gRPC's library writes to our standard error what its callers are told anyway; it looks here when
it is imported, hence before any module of this room does.
"""
