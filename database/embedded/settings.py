"""How the embedded server is tuned: a pure function of the machine's memory."""

from typing import Final

from database.embedded.places import Places

__all__ = ["settings_text"]

MEGABYTE: Final = 1 << 20
CONNECTIONS_MAX: Final = 200
"""Six daemons with their workers' pools of 8, the command line, and what a person opens."""
THROWN_AWAY: Final[dict[str, str | int]] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "wal_compression": "off",
}
"""What makes a server quick to start and to copy databases on, and unfit to keep anything."""


def settings_text(*, places: Places, port: int, memory_octets: int, durable: bool) -> str:
    """The settings file, rewritten at each start; postgresql.conf includes it, and a person's own
    lines go below that.

    `durable=False` is for servers that tests throw away."""
    memory = memory_octets // MEGABYTE
    shared_buffers = min(max(memory // 8, 64), 4096)
    settings: dict[str, str | int] = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": str(places.sockets) if places.socket_fits(port) else "",
        "max_connections": CONNECTIONS_MAX,
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{shared_buffers}MB",
        "effective_cache_size": f"{max(memory // 2, 128)}MB",
        "maintenance_work_mem": f"{min(max(memory // 32, 64), 512)}MB",
        "max_wal_size": "2GB",
        "min_wal_size": "256MB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": str(places.logs),
        "log_filename": "postgres-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %u@%d %a ",
        "log_lock_waits": "on",
        "synchronous_commit": "on",
    }
    if not durable:
        settings |= THROWN_AWAY
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str | int) -> str:
    return "'" + str(value).replace("'", "''") + "'"
