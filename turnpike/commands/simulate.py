"""`turnpike billing simulate`: try a billing policy on a story, touching no database."""

import json as json_format
import tomllib
from pathlib import Path

from rich.console import Console
from rich.table import Table

from billing.documents import Document
from billing.simulate import Result, as_json
from billing.simulate import simulate as simulated
from isp.errors import Refused

__all__ = ["simulate"]


def simulate(file: Path, json: bool = False) -> None:
    """Run the billing engine over a story in TOML and show what it would do.

    Example: turnpike billing simulate story.toml --json
    """
    result = simulated(_parsed(file))
    if json:
        print(json_format.dumps(as_json(result), indent=2, ensure_ascii=False))
    else:
        _show(result, Console())


def _parsed(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        remedy = "name a file that can be read"
        raise Refused(f"{file}: {error.strerror}", remedy=remedy) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{file}: {error}", remedy="correct the file's TOML") from error


def _show(result: Result, console: Console) -> None:
    for document in result.documents:
        console.print(_document(document, result))
    if result.states:
        states = Table("on", "service", "state", "why", title="States", title_justify="left")
        for each in result.states:
            states.add_row(str(each.on), each.service, each.state, each.why)
        console.print(states)
    position = result.position
    console.print(f"Balance {position.balance} {result.currency}, credit {position.credit}")


def _document(document: Document, result: Result) -> Table:
    kind = document.kind.replace("_", " ").capitalize()
    title = f"{kind} {document.number} of {document.issued_on}, due {document.due_on}"
    if document.state == "void":
        title += " (void)"
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("what", footer="total")
    table.add_column("from")
    table.add_column("to")
    table.add_column("net", f"{document.net}", justify="right")
    table.add_column("tax", f"{document.tax}", justify="right")
    table.add_column("total", f"{document.total}", justify="right")
    for line in document.lines:
        days = (str(line.period.start), str(line.period.end)) if line.period else ("", "")
        amounts = (str(line.net), str(line.tax), str(line.net + line.tax))
        table.add_row(f"{line.kind}: {line.description}", *days, *amounts)
    table.caption = f"open {result.position.open_of(document.key)} {document.currency}"
    return table
