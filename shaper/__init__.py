"""Queues made what was bought, on RouterOS and on Linux. The room is empty so far."""
