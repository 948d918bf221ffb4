"""One NAS's share of the work: load, decide, record, send; a slow NAS delays nobody else."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from chassis.clock import Clock
from chassis.log import get_logger
from coa import metrics
from coa.breaker import Breaker, after, room
from coa.client import Answer, Client, Destination
from coa.guard import allowance, counts, stopped
from coa.live import Live, Router
from coa.outcome import Outcome, judge, request_code
from coa.reconcile import Act, Mark, Stay, decide, without_changes
from coa.store import record
from coa.store.load import load, pressure
from coa.store.record import Intent, Result
from database.connect import Database
from policy import vendors
from policy.class_cookie import ClassCookie, encode
from policy.session import Disconnect
from radius.packet import Attribute

__all__ = ["Lane"]
