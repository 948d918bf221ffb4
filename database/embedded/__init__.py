"""The embedded Postgres: the wheel's binaries under our own supervision.

`server.py` starts, adopts, supervises and stops one server per data directory; `places.py` says
where its things are, `account.py` who it runs as, `binaries.py` which programs it is made of and
`settings.py` how it is tuned.
"""

from database.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer"]
