"""What the commands that import a file share: reading it, its progress, its faults."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from isp.errors import ExitCode, Refused
from operations.csv_table import Fault
from turnpike.output import counted, note

__all__ = ["FaultyFile", "contents", "importing", "tell"]


class FaultyFile(Refused):
    """Rows that cannot be imported, each fault by line, column and remedy; what is all the same."""

    def __init__(
        self, faults: Sequence[Fault], remedy: str, imported: str = "nothing is imported"
    ) -> None:
        lines = counted(len({fault.line for fault in faults}), "line")
        problem = f"{counted(len(faults), 'fault')} on {lines}; {imported}"
        super().__init__(problem, remedy=remedy)
        self.faults = faults


def contents(file: Path) -> bytes:
    """The file's octets. Raises Refused."""
    try:
        return file.read_bytes()
    except OSError as error:
        problem = f"{file} cannot be read: {error.strerror}"
        remedy = "name a readable file"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None


def tell(faults: Sequence[Fault]) -> None:
    """Each fault on a line, beside the output."""
    for fault in faults:
        note(str(fault))


@contextmanager
def importing(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar at a terminal; gives what tells it how many rows were done."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("importing", total=total)
        yield lambda rows: progress.advance(bar, rows)
