"""Importing a file of subscribers: all rows or none, unless the bad ones may be set apart."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from isp.identifiers import normalise_login
from operations import audit, tenants
from operations.csv_table import Fault
from operations.enrolment import enrol
from operations.enrolment_check import check_rows
from operations.enrolment_known import load_known
from operations.enrolment_update import update_service
from operations.import_rows import ImportFile, ImportRow

__all__ = ["ROWS_PER_SET", "Imported", "import_file"]

ROWS_PER_SET = 500
"""How many rows are written at once: bounds one statement, and how often progress is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What came of a file: counts of rows, and every fault."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def rejected_lines(self) -> frozenset[int]:
        """The lines that have a fault."""
        return frozenset(fault.line for fault in self.faults)


async def import_file(
    transaction: AsyncConnection,
    file: ImportFile,
    *,
    source: str,
    update: bool = False,
    set_apart: bool = False,
    keys: KeyRing,
    actor: str,
    now: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Imported:
    """Enrol the rows of a file, and with `update` change those whose login exists.

    `set_apart`: import the good rows although others are bad. `progress` is told how many rows
    were done since it was told last. The caller rolls back for a dry run.
    """
    owner = await tenants.current(transaction)
    known = await load_known(transaction, owner.currency, file.rows)
    found = file.faults + check_rows(file.rows, known, update=update)
    faults = tuple(sorted({*found, *_left_behind(file, found)}))
    outcome = Imported(faults=faults)
    if faults and not (set_apart and file.rows):
        return outcome
    good = [row for row in file.rows if row.line not in outcome.rejected_lines]
    new = [row for row in good if known.living(row.login) is None]
    for chunk in _whole_subscribers(new):
        await enrol(transaction, owner, chunk, known, keys=keys, actor=actor, now=now)
        progress(len(chunk))
    updated = 0
    for row in good:
        if (holder := known.living(row.login)) is not None:
            updated += await update_service(
                transaction, owner, row, holder.service_id, keys=keys, actor=actor, now=now
            )
            progress(1)
    unchanged = len(good) - len(new) - updated
    outcome = replace(outcome, added=len(new), updated=updated, unchanged=unchanged)
    if outcome.added or outcome.updated:
        counts = {"added": outcome.added, "updated": outcome.updated}
        await audit.record(
            transaction,
            tenant_id=owner.tenant_id,
            actor=actor,
            action="subscriber.import",
            object_kind="file",
            object_name=source,
            after=counts | {"rejected": len(outcome.rejected_lines)},
            now=now,
        )
    return outcome


def _left_behind(file: ImportFile, faults: Sequence[Fault]) -> Iterator[Fault]:
    """The good rows of a subscriber one of whose rows is bad: half a subscriber is not imported."""
    bad = {fault.line for fault in faults}
    names = {_subscriber_on(file, line): line for line in sorted(bad, reverse=True)}
    for row in file.rows:
        if row.line not in bad and row.subscriber in names:
            yield Fault(
                line=row.line,
                column="subscriber",
                problem=f"line {names[row.subscriber]} is of the same subscriber and is rejected",
                remedy="correct that line",
            )


def _subscriber_on(file: ImportFile, line: int) -> str:
    cells = file.cells.get(line, {})
    return cells.get("subscriber", "").strip() or normalise_login(cells.get("login", ""))


def _whole_subscribers(rows: Sequence[ImportRow]) -> Iterator[list[ImportRow]]:
    """The rows in sets of about ROWS_PER_SET, all rows of a subscriber in one."""
    by_subscriber: dict[str, list[ImportRow]] = {}
    for row in rows:
        by_subscriber.setdefault(row.subscriber, []).append(row)
    chunk: list[ImportRow] = []
    for together in by_subscriber.values():
        chunk += together
        if len(chunk) >= ROWS_PER_SET:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
