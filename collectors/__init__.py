"""Polls OLTs, ONUs and routers, keeps what they say, raises alarms and outages."""
