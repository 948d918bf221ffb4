"""The rejected rows of a file, as a file that can be corrected and imported again. Pure."""

import csv
from collections.abc import Sequence
from io import StringIO

from operations.csv_table import Fault
from operations.import_rows import ImportFile

__all__ = ["rejects_csv"]


def rejects_csv(file: ImportFile, faults: Sequence[Fault]) -> str:
    """The header and the rejected rows as they came; what is wrong with them is told beside it."""
    rejected = sorted({fault.line for fault in faults} & file.cells.keys())
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(file.columns)
    for line in rejected:
        cells = file.cells[line]
        writer.writerow([cells.get(column, "") for column in file.columns])
    return text.getvalue()
