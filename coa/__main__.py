"""`coa`: makes live sessions match what was decided."""

from typing import NoReturn

from chassis.main import run
from coa.config import CoaSettings
from coa.daemon import Coa

__all__ = ["main"]


def main() -> NoReturn:
    """Run the daemon."""
    run("coa", CoaSettings, Coa)


if __name__ == "__main__":
    main()
