"""Where the configured server is and as whom to speak to it, in psycopg's connection keywords."""

from typing import Any, Final
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.embedded.places import Places
from database.passwords import PASSWORD_FILE, PasswordFile
from database.roles import ADMIN_NAME, Role

__all__ = ["admin_address", "password_file", "role_address", "role_url"]

URL_KEEPS: Final = ("host", "port", "sslmode", "sslrootcert", "target_session_attrs")
"""What of the settings another program needs to reach the same server."""

DATABASE_NAME: Final = "turnpike"
"""The database of the embedded server, and of a `url` that names none."""


def password_file(config: DatabaseConfig) -> PasswordFile:
    """The configured password file, or the one in the data directory."""
    return PasswordFile(config.password_file or config.data / PASSWORD_FILE)


def admin_address(config: DatabaseConfig) -> dict[str, Any]:
    """How an administrator connects: as `url` says, or as the embedded server's superuser."""
    address = _server_address(config)
    if config.url is None:
        password = password_file(config).password(ADMIN_NAME)
        address |= {"user": ADMIN_NAME, "password": password.reveal()}
    return address


def role_address(config: DatabaseConfig, role: Role, application_name: str) -> dict[str, Any]:
    """How `role` connects; the owner is played by the administrator, and takes its time."""
    settings = {"timezone": "UTC"}
    if role is Role.OWNER:
        address = admin_address(config)
        settings["role"] = role.postgres_name
    else:
        settings["statement_timeout"] = f"{config.statement_timeout_seconds * 1000:.0f}ms"
        password = password_file(config).password(role.postgres_name)
        address = _server_address(config)
        address |= {"user": role.postgres_name, "password": password.reveal()}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return address | {"application_name": application_name, "options": options}


def role_url(config: DatabaseConfig, role: Role) -> Secret[str]:
    """How `role` connects, as one `postgresql://` URL for other programs."""
    address = role_address(config, role, "")
    host, port = str(address.pop("host", "")), address.pop("port", None)
    if host.startswith("/"):
        address["host"], host = host, ""
    server = host + (f":{port}" if port and host else "")
    if port and not host:
        address["port"] = port
    user, password, database = (
        quote(str(address.pop(name)), safe="") for name in ("user", "password", "dbname")
    )
    more = {name: value for name, value in address.items() if name in URL_KEEPS}
    query = f"?{urlencode(more)}" if more else ""
    return Secret(f"postgresql://{user}:{password}@{server}/{database}{query}")


def _server_address(config: DatabaseConfig) -> dict[str, Any]:
    address: dict[str, Any] = {"dbname": DATABASE_NAME}
    if config.url is None:
        address |= Places(config.data).address()
    else:
        address |= conninfo_to_dict(config.url.reveal())
    # libpq counts whole seconds and takes 1 for 2.
    return address | {"connect_timeout": max(2, round(config.connect_timeout_seconds))}
