"""An ONU that is seen for the first time belongs to the service that was sold its serial."""

from typing import Any

from collectors.consequences import PollChange
from operations.onu_linking import link_sold

__all__ = ["LinksSold"]


class LinksSold:
    """Hears of readings (see `collectors.consequences`)."""

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """Link what appeared, before others ask whose it is."""
        if change.appeared:
            await link_sold(transaction, onu_ids=[onu.onu_id for onu in change.appeared])

    async def committed(self, change: PollChange) -> None:
        """Nobody else need know."""
