"""Legal holds: what nothing may delete, expire or sweep until a second person has released it.

Deleting takes whole partitions and files, so a hold keeps every partition of its datasets and dates, whomever it is
about; who and what it is about stands in it for people.
"""

from __future__ import annotations

import contextlib
import datetime
import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake.maintenance import Holds

__all__ = ["Hold", "covers", "holds_of", "known_class", "undisturbed"]


class Hold(msgspec.Struct):
    """A hold as it stands: its scope, why, by whom and when (UTC nanoseconds), and its release (0 while it is open)."""

    hold: str
    kind: str
    datasets: list[str]
    instruments: list[str]
    parties: list[str]
    accounts: list[str]
    first: datetime.date | None
    last: datetime.date | None
    reason: str
    placed_by: str
    placed_at: int
    released_at: int = 0
    release_reason: str = ""
    record_classes: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether nobody has released it."""
        return not self.released_at

    def speaks_of(self, dataset: str, record_class: str = "") -> bool:
        """Whether a dataset is in the scope: its name fits a pattern, or no pattern is given; and so with its class.

        A class that is not known (empty) is in the scope.
        """
        named = not self.datasets or any(fnmatch.fnmatchcase(dataset, one) for one in self.datasets)
        return named and (not self.record_classes or record_class in ("", *self.record_classes))


def covers(
    hold: Hold,
    dataset: str,
    first: datetime.date | None,
    last: datetime.date | None,
    record_class: str = "",
) -> bool:
    """Whether an open hold keeps something of a dataset from `first` to `last`; None is an end that is not known.

    >>> hold = Hold("court", "legal", ["history.*"], [], [], [], None, datetime.date(2026, 1, 31), "", "", 1)
    >>> covers(hold, "history.trades", datetime.date(2026, 1, 31), datetime.date(2026, 2, 1))
    True
    >>> covers(hold, "history.trades", datetime.date(2026, 2, 1), None)
    False
    """
    if not hold.is_open or not hold.speaks_of(dataset, record_class):
        return False
    after = hold.last is not None and first is not None and first > hold.last
    before = hold.first is not None and last is not None and last < hold.first
    return not after and not before


def known_class(table: str) -> str:
    """The class of record of a table; empty when it is declared as none."""
    from tallystick.history.datasets import DATASETS

    return DATASETS[table].record_class if table in DATASETS else ""


def holds_of(context: Context) -> Holds:
    """What the lake's maintenance asks before it lets a file go: whether a hold of the journal's head keeps it."""

    def is_held(table: str, path: str) -> bool:
        holds = [hold for hold in context.machine("history").holds() if hold.is_open]
        if not holds:
            return False
        first, last = _span_of(path)
        return any(covers(hold, table, first, last, known_class(table)) for hold in holds)

    return is_held


@contextlib.contextmanager
def undisturbed(context: Context) -> Iterator[None]:
    """Keep the placing of a hold and the deletion of a partition apart: one is over before the other begins.

    So what a hold finds when it is answered, it keeps: no deletion that was allowed before is still under way.
    """
    from tallystick.core.lake.places import alone

    with alone(context.path / "archive", "purging"):
        yield


def _span_of(path: str) -> tuple[datetime.date | None, datetime.date | None]:
    """First and last date of a data file's partition, by the name of its folder; (None, None) without partitions.

    >>> [str(date) for date in _span_of("data/2026-02/4f1c.parquet")]
    ['2026-02-01', '2026-02-28']
    """
    parts = path.split("/")
    name = parts[1] if len(parts) == 3 else ""
    try:
        numbers = [int(part) for part in name.split("-")]
        first = datetime.date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        return None, None
    if len(numbers) == 3:
        return first, first
    following = first.replace(year=first.year + 1) if len(numbers) == 1 else _next_month(first)
    return first, following - datetime.timedelta(1)


def _next_month(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(31)).replace(day=1)
