"""Where the things of an embedded server are: everything below `postgres` of a data directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isp.errors import ExitCode, Refused

__all__ = ["Places"]

SOCKET_PATH_OCTETS_MAX: Final = 107
"""sun_path of a Unix socket holds 108 octets with its end."""


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of the embedded server of data directory `data`."""

    data: Path

    @property
    def directory(self) -> Path:
        """All of it; nothing above is ever changed."""
        return self.data.resolve() / "postgres"

    @property
    def cluster(self) -> Path:
        """What Postgres calls PGDATA."""
        return self.directory / "cluster"

    @property
    def sockets(self) -> Path:
        """The directory of the Unix socket."""
        return self.directory / "run"

    @property
    def logs(self) -> Path:
        """The server's own log files, one per weekday."""
        return self.directory / "log"

    @property
    def start_log(self) -> Path:
        """What the server says before its own log begins."""
        return self.directory / "start.log"

    @property
    def settings(self) -> Path:
        """The tuned settings, included by the cluster's postgresql.conf."""
        return self.directory / "turnpike.conf"

    @property
    def port_file(self) -> Path:
        """The remembered loopback port, which also names the Unix socket."""
        return self.directory / "port"

    def port(self) -> int | None:
        """The remembered port; None before the first start."""
        try:
            return int(self.port_file.read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def socket_fits(self, port: int) -> bool:
        """Whether the socket's path is short enough to be one."""
        path = self.sockets / f".s.PGSQL.{port}"
        return len(str(path).encode()) <= SOCKET_PATH_OCTETS_MAX

    def address(self) -> dict[str, str | int]:
        """`host` and `port` for libpq: the Unix socket, or loopback where its path is too long."""
        port = self.port()
        if port is None:
            problem = f"there is no embedded database in {self.data}"
            raise Refused(
                problem,
                remedy="`turnpike up` makes one; --data names another directory, "
                "`database.url` an ordinary server",
                exit_code=ExitCode.UNAVAILABLE,
            )
        return {"host": str(self.sockets) if self.socket_fits(port) else "127.0.0.1", "port": port}
