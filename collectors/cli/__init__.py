"""OLTs by their command lines, where SNMP is closed or says too little: text in, readings out."""

from collectors.cli import huawei, zte
from collectors.cli.dialect import Dialect

__all__ = ["dialect_of"]

DIALECTS = (huawei.DIALECT, zte.DIALECT)


def dialect_of(driver: str) -> Dialect | None:
    """The command line of a driver's models (`zte_titan` is ZTE's); None where nobody knows it."""
    return next((each for each in DIALECTS if driver.startswith(each.vendor)), None)
