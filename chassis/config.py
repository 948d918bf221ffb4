"""Configuration: one table per room, in one TOML file, any key overridden by the environment.

A room's `config.py` declares its table, and a daemon's `Settings` the tables it reads:

    class RadiusdConfig(Table):
        auth_port: int = 1812
        \"\"\"The UDP port of Access-Requests.\"\"\"

    class RadiusdSettings(Settings):
        radiusd: RadiusdConfig = RadiusdConfig()

`TURNPIKE_RADIUSD__AUTH_PORT=11812` overrides `auth_port` in `[radiusd]`. Tables of other rooms are
ignored. `chassis.config_file` loads it.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chassis.sealing import KEYS_FILE
from chassis.secrets import Secret

__all__ = [
    "DAEMONS",
    "ENVIRONMENT_PREFIX",
    "ENVIRONMENT_SEPARATOR",
    "NEEDS_RESTART",
    "TABLES",
    "ChassisConfig",
    "DatabaseConfig",
    "Settings",
    "Table",
    "changed_keys",
    "suite_settings",
]

DAEMONS: Final = ("radiusd", "coa", "collectors", "shaper", "billingd", "webui")
TABLES: Final = ("chassis", "database", *DAEMONS)
"""Every table that a Turnpike configuration may have."""

SYSTEM_DATA: Final = Path("/var/lib/turnpike")
ENVIRONMENT_PREFIX: Final = "TURNPIKE_"
ENVIRONMENT_SEPARATOR: Final = "__"
URL_BEGINNINGS: Final = ("postgresql://", "postgres://")
NEEDS_RESTART: Final = "needs restart"
"""`Annotated[int, NEEDS_RESTART]`: a reload keeps the old value and says so."""


class Table(BaseModel):
    """A room's table: frozen, every key documented by the docstring under it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, values: Any) -> Any:
        """An environment variable gives a list as `a, b`; a key without a default may be empty."""
        if not isinstance(values, dict):
            return values
        return {
            key: [part.strip() for part in value.split(",") if part.strip()]
            if isinstance(value, str) and _is_list(cls, key)
            else value
            for key, value in values.items()
            if value != "" or not _may_be_absent(cls, key)
        }


class ChassisConfig(Table):
    """What every daemon has: logs, health, the watchdog."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe events to log."""

    log_format: Literal["auto", "json", "columns"] = "auto"
    """`auto`: columns at a terminal, JSON elsewhere."""

    health_address: Annotated[str, NEEDS_RESTART] = "127.0.0.1"
    """Where `/livez`, `/readyz` and `/metrics` are served. They have no authentication."""

    health_port_base: Annotated[int, NEEDS_RESTART] = Field(default=9640, ge=0, le=65000)
    """The port of `radiusd`; the other daemons follow. 0: any free ones."""

    watchdog: bool = True
    """Feed systemd's watchdog where the unit sets one."""


def _default_data() -> Path:
    if named := os.environ.get("TURNPIKE_DATA"):
        return Path(named)
    return SYSTEM_DATA if os.geteuid() == 0 else Path.home() / ".local/share/turnpike"


class DatabaseConfig(Table):
    """Which Postgres, and where this node keeps its own files."""

    url: Annotated[Secret[str] | None, NEEDS_RESTART] = None
    """An ordinary server, `postgresql://host:5432/turnpike`. Absent: the embedded one of `data`."""

    data: Annotated[Path, NEEDS_RESTART] = Field(default_factory=_default_data)
    """The data directory: embedded server, key ring, snapshot, spool. `TURNPIKE_DATA` moves it."""

    password_file: Annotated[Path | None, NEEDS_RESTART] = None
    """Lines `role:password`, mode 0600. Absent: `passwords` in `data`."""

    key_file: Annotated[Path | None, NEEDS_RESTART] = None
    """The ring of keys that seal passwords and secrets, mode 0600. Absent: `keys` in `data`."""

    pool_min: Annotated[int, NEEDS_RESTART] = Field(default=1, ge=0, le=100)
    """Connections kept open by each process."""

    pool_max: Annotated[int, NEEDS_RESTART] = Field(default=8, ge=1, le=100, validate_default=True)
    """Connections at most by each process."""

    connect_timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long a new connection, or a free one of the pool, is waited for."""

    statement_timeout_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Longer statements are cancelled by the server."""

    @property
    def key_ring(self) -> Path:
        """Where the key ring is."""
        return self.key_file or self.data / KEYS_FILE

    @field_validator("url")
    @classmethod
    def _is_postgres(cls, url: Secret[str] | None) -> Secret[str] | None:
        if url is not None and not url.reveal().startswith(URL_BEGINNINGS):
            message = "it must begin with postgresql://"
            raise ValueError(message)
        return url

    @field_validator("pool_max")
    @classmethod
    def _holds_the_least(cls, most: int, info: ValidationInfo) -> int:
        if most < (least := info.data.get("pool_min", 0)):
            message = f"{most} is less than pool_min, {least}"
            raise ValueError(message)
        return most


class Settings(BaseSettings):
    """The tables that every daemon reads; a daemon's own `Settings` adds its table."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=ENVIRONMENT_SEPARATOR,
        env_ignore_empty=True,
        enable_decoding=False,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    chassis: ChassisConfig = ChassisConfig()
    database: DatabaseConfig = Field(default_factory=lambda: DatabaseConfig())

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: Any, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file's tables."""
        del settings_cls
        return sources["env_settings"], sources["init_settings"]


def suite_settings(models: Mapping[str, type[Table]]) -> type[Settings]:
    """The settings of a whole suite: `models` by table name, beside chassis and database."""
    fields: dict[str, Any] = {name: (model, model()) for name, model in models.items()}
    return create_model("SuiteSettings", __base__=Settings, **fields)


def changed_keys(old: Settings, new: Settings) -> Iterator[tuple[str, bool]]:
    """Each `table.key` that differs, and whether it needs a restart to take effect."""
    for table in type(old).model_fields:
        before, after = getattr(old, table), getattr(new, table)
        for key, field in type(before).model_fields.items():
            if getattr(before, key) != getattr(after, key):
                yield f"{table}.{key}", NEEDS_RESTART in field.metadata


def _may_be_absent(model: type[BaseModel], key: str) -> bool:
    field = model.model_fields.get(key)
    if field is None:
        return False
    return field.default_factory is not None or field.default is None


def _is_list(model: type[BaseModel], key: str) -> bool:
    field = model.model_fields.get(key)
    return field is not None and get_origin(field.annotation) in (list, tuple, set, frozenset)
