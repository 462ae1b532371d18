"""The feeds of a firm's business tables: a day's rows from the journal, made when they are asked for."""

from __future__ import annotations

import datetime
import functools
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.business import BusinessDay, BusinessTable
from tallystick.core.follower import Follower
from tallystick.core.lake.layout import layout_of
from tallystick.history.datasets import Dataset, declare
from tallystick.history.feeding.days import BusinessDays, Span

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import House
    from tallystick.core.lake import Lake

__all__ = [
    "BusinessFeeds",
    "TableFeed",
    "declare_business",
    "feed_lake",
    "keep_sealed_through",
    "sealed_through",
]

SEALED_THROUGH = "business sealed through"
"""The lake's fact that names the last business date up to which everything is sealed and on the journal, and the
date's last batch."""

KEPT_ROWS = 4_000_000
"""So many rows of days that are not sealed stay in memory; the days that were made first leave first."""


class Made(NamedTuple):
    """A table's rows of a day, and the last batch that they were made from."""

    until: int
    rows: pa.Table


class BusinessFeeds:
    """Gives the rows of a firm's business tables for days that are not sealed.

    Rows are made anew only when the journal went on, and the same rows are the same table. The machines are asked once
    for all tables of a closed day.
    """

    def __init__(self, house: House, lake: Lake, tables: Iterable[BusinessTable]) -> None:
        self._house = house
        self._lake = lake
        self._tables = {table.name: table for table in tables}
        self._lock = threading.RLock()
        self._read: dict[datetime.date, BusinessDay] = {}
        self._made: dict[tuple[str, datetime.date], Made] = {}
        self._follower: Follower | None = None

    @functools.cached_property
    def days(self) -> BusinessDays:
        """The business days of the firm's journal that were not sealed when this was first asked, and later ones."""
        return BusinessDays(self._house.journal, self._next_session, sealed_through(self._lake))

    @property
    def names(self) -> list[str]:
        """The names of the tables."""
        return list(self._tables)

    def open_days(self) -> list[datetime.date]:
        """The days that are not sealed, oldest first."""
        return [span.date for span in self.unsealed()]

    def unsealed(self) -> list[Span]:
        """The days after the last one that is sealed whole."""
        _, end = sealed_through(self._lake)
        return [span for span in self.days.spans() if span.until > end]

    def rows(self, name: str, date: datetime.date) -> pa.Table:
        """A table's rows of a day as the journal has them now; none if nothing counts to the day."""
        with self._lock:
            span = next((span for span in self.days.spans() if span.date == date), None)
            if span is None:
                return _empty(self._tables[name])
            made = self._made.get((name, date))
            if made is None or made.until != span.until:
                self._make(span, self._tables.values() if span.is_closed else [self._tables[name]])
            return self._made[name, date].rows

    def _make(self, span: Span, tables: Iterable[BusinessTable]) -> None:
        day = self._read.pop(span.date, None)
        if day is None:
            day = BusinessDay(
                self._house.journal, span.date, after=span.after, until=span.until, is_closed=span.is_closed,
                machine=self._machine,
            )  # fmt: skip
        day.reach(span.until, is_closed=span.is_closed)
        if not span.is_closed:
            self._read = {span.date: day}
        for table in tables:
            self._made[table.name, span.date] = Made(span.until, _derived(table, day))
        while len(dates := dict.fromkeys(date for _, date in self._made)) > 1 and self._row_count > KEPT_ROWS:
            self.forget(next(iter(dates)))

    @property
    def _row_count(self) -> int:
        return sum(made.rows.num_rows for made in self._made.values())

    def forget(self, date: datetime.date) -> None:
        """Let go of a day that was sealed."""
        with self._lock:
            self._read.pop(date, None)
            self._made = {key: made for key, made in self._made.items() if key[1] != date}

    def let_go(self) -> None:
        """Let go of the machines."""
        with self._lock:
            self._follower = None

    def _machine(self, day: BusinessDay, name: str) -> Any:
        """A machine as a closed day left it: of our own, so that nobody moves it while it is read, and going from day
        to day; of an open day the one that the whole house follows.
        """
        house, settled = self._house, day.settled
        if not day.is_closed:
            return house.machine(name)
        if self._follower is None or self._follower.seq > settled:
            self._follower = Follower(house.journal, house.engine(), house.snapshots)
        reached = self._follower.catch_up(settled)
        if reached < settled and house.damage is not None:
            raise house.damage
        assert reached == settled, f"the machines are at batch {reached}, not {settled}"
        return self._follower.engine.machines[name]

    def _next_session(self, date: datetime.date) -> datetime.date:
        from tallystick.market import Calendar

        return Calendar(self._house.settings.firm.home_calendar).next_session(date)


class TableFeed:
    """The feed of one business table, as the lake calls it."""

    def __init__(self, feeds: BusinessFeeds, name: str) -> None:
        self.feeds = feeds
        self.name = name

    def __call__(self, date: datetime.date) -> pa.Table:
        """The rows of a day; the same table again while they are the same."""
        return self.feeds.rows(self.name, date)


def sealed_through(lake: Lake) -> tuple[datetime.date | None, int]:
    """The last business date up to which everything is sealed, and its last batch; None and 0 when nothing is."""
    date, _, seq = (lake.catalog.fact(SEALED_THROUGH) or "").partition(" ")
    return (datetime.date.fromisoformat(date), int(seq)) if date else (None, 0)


def keep_sealed_through(lake: Lake, span: Span) -> None:
    """Note that everything up to the end of a day is sealed."""
    lake.catalog.keep_fact(SEALED_THROUGH, f"{span.date} {span.until}")


def declare_business(tables: Iterable[BusinessTable]) -> None:
    """Make the business tables of all rooms known as datasets, before any door asks which there are.

    It opens nothing: a door that never asks the lake knows the same names and classes as one that does.
    """
    for table in tables:
        assert table.spec.partition == ("business_date", "day"), (
            f"{table.name} is not partitioned by business date"
        )
        declare(Dataset(spec=table.spec, record_class=table.record_class, true_from="event_time"))


def feed_lake(lake: Lake, house: House, tables: Iterable[BusinessTable]) -> BusinessFeeds:
    """Have a firm's lake know its business tables: made where they are missing, fed from the journal, listed."""
    given = list(tables)
    feeds = BusinessFeeds(house, lake, given)
    declare_business(given)
    for table in given:
        lake.create(table.spec)
        lake.feed(table.name, TableFeed(feeds, table.name), days=feeds.open_days)
    return feeds


def _derived(table: BusinessTable, day: BusinessDay) -> pa.Table:
    """The rows that a table's functions give, in one order of columns; none of a day that must be closed first."""
    import pyarrow as pa

    if table.needs_close and not day.is_closed:
        return _empty(table)
    names = layout_of(table.spec).names
    parts = [derive(day).select(names) for derive in table.derive]
    return parts[0] if len(parts) == 1 else pa.concat_tables(parts)


def _empty(table: BusinessTable) -> pa.Table:
    return layout_of(table.spec).arrow.empty_table()
