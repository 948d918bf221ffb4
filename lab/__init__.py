"""Faithful devices on real sockets, for the demo and the tests. They know only the wire."""
