"""Order numbers: each door counts in a range of its own, so that two doors never give the same id."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.errors import TallystickError
from tallystick.core.ids import OrderId, day_id
from tallystick.risk.gate.events import SubmitOrder

if TYPE_CHECKING:
    from tallystick.core.journal import JournalReader

__all__ = ["NUMBERS_A_SESSION", "next_order_id", "order_id_of"]

NUMBERS_A_SESSION = 1_000_000


def order_id_of(day: datetime.date, session: int, number: int) -> OrderId:
    """The id of a session's `number`-th order of a day; sessions are 0 to 999, numbers below a million.

    >>> order_id_of(datetime.date(2026, 11, 20), 7, 42)
    20261120007000042
    """
    if not (0 <= number < NUMBERS_A_SESSION and 0 <= session < 1_000):
        raise TallystickError(
            "gate.session_full",
            "Order {number} of session {session} has no id.",
            "Use sessions 0 to 999, each for a million orders a day.",
            session=session,
            number=number,
        )
    return OrderId(day_id(day, session * NUMBERS_A_SESSION + number))


def next_order_id(journal: JournalReader, day: datetime.date, session: int) -> OrderId:
    """The id after the highest that the journal has of a session on a day."""
    first, last = order_id_of(day, session, 0), order_id_of(day, session, NUMBERS_A_SESSION - 1)
    if day not in journal.days():
        return order_id_of(day, session, 1)
    ids = journal.columns(SubmitOrder, day=day).records["order_id"]
    highest = int(ids[(ids >= first) & (ids <= last)].max(initial=first))
    return order_id_of(day, session, highest - first + 1)
