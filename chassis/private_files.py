"""Files that hold secrets: read only when nobody else can, written whole and durably."""

import os
import stat
from pathlib import Path
from typing import Final

from isp.errors import ExitCode, Refused

__all__ = ["create_private", "read_private", "replace_private"]

OTHERS_MAY_NOT: Final = 0o037
"""The group may read: systemd shows a credential's access list as 0440."""

NEW_MODE: Final = 0o600


def read_private(path: Path) -> str:
    """The text of `path`. Raises FileNotFoundError; Refused (78) where it is open or unreadable."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise _refused(f"{path} cannot be read: {reason}", "run as the user who owns it") from None
    if mode & OTHERS_MAY_NOT:
        problem = f"{path} holds secrets and is open to others (mode {mode:04o})"
        raise _refused(problem, f"chmod 0600 {path}")
    return text


def create_private(path: Path, text: str) -> None:
    """Write `path` (mode 0600) unless it is there: of two at once, the first one's text stands."""
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _sync_folder(path)


def replace_private(path: Path, text: str) -> None:
    """Write `path` in one step, mode 0600 or owner and mode as before; a crash leaves the old."""
    draft = _draft(path, text)
    if path.exists():
        before = path.stat()
        os.chown(draft, before.st_uid, before.st_gid)
        draft.chmod(stat.S_IMODE(before.st_mode))
    draft.replace(path)
    _sync_folder(path)


def _draft(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, NEW_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(problem: str, remedy: str) -> Refused:
    return Refused(problem, remedy=remedy, exit_code=ExitCode.CONFIGURATION)
