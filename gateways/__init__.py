"""Connections to providers of payment, mail and messages."""
