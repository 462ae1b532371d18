"""Checks of times: bars and trades stand in a session of their venue, by its dated rows, and on their date."""

from __future__ import annotations

import datetime
import functools
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.schema import date_number, number_date
from tallystick.core.time import format_time
from tallystick.history.datasets import DATASETS
from tallystick.history.loading.clock import DAY_NS, local_times
from tallystick.history.loading.reasons import beside
from tallystick.history.loading.rows import Rows, Warned
from tallystick.history.loading.venue_days import LONGEST_SPAN_DAYS, calendars_of, trade_dates

if TYPE_CHECKING:
    from tallystick.history.loading.checks import Circumstances
    from tallystick.market import Calendar

__all__ = ["note_hours", "note_own_date", "warn_hours", "warn_label", "warn_spacing", "with_nights"]

Array = np.ndarray[Any, np.dtype[Any]]

MINUTE_NS = 60_000_000_000
LATE_NS = 5 * MINUTE_NS
"""So long after a session's end its last prints are still told: auctions may be extended."""

TRADED = ("call", "call_repeated", "continuous", "odd_call", "fixed_price", "paired", "negotiated")
"""Modes in which something is traded, of what instruments and in what sizes ever; in `entry` orders come only."""

OF_BARS = ("call", "call_repeated", "continuous")
"""Modes whose trades make the bars of the continuous session, auctions included; blocks and odd lots are none."""

CONTINUOUS = "continuous"

SURE = ("verified", "secondary")
"""Statuses of rows by which a row is set aside; by others it is doubted."""

LOOKED_AT = 10_000
"""First rows among which those of a sound source stand closely enough that the others need not be looked at."""

LONGEST_NIGHT = 15
"""At most so many days before its date a time may be: a night session belongs to the next one, holidays between."""

LONGEST_STEADY = 400
"""Days over which it is looked whether the clock stays the same."""


class Hours(NamedTuple):
    """When a venue trades, as spans of a day's nanoseconds (to 48 h where one ends after midnight); whether sure."""

    spans: tuple[tuple[int, int], ...]
    sure: bool


def note_hours(rows: Rows, given: Circumstances) -> None:
    """A row's time is in a session of its venue; of all classes of instruments, since few symbols say theirs."""
    for start, outside in _outside(rows, given, TRADED, sure=True):
        rows.notes.note(outside, "history.outside_hours", start)


def warn_hours(rows: Rows, given: Circumstances) -> None:
    """The same by sessions that are not verified; and bars of the continuous session in that of blocks or odd lots."""
    doubted = np.zeros(rows.height, dtype=bool)
    for start, outside in _outside(rows, given, TRADED, sure=False):
        rows.notes.doubt(outside, "history.perhaps_outside_hours", start)
        doubted |= outside
    if rows.dataset.time != "interval" or "phase" not in rows.columns:
        return
    phase = rows.columns["phase"]
    words = phase.words or []
    continuous = np.array([word == CONTINUOUS for word in words] or [False])[phase.values] & ~doubted
    for sure in (True, False):
        for start, outside in _outside(rows, given, OF_BARS, sure=sure):
            rows.notes.doubt(outside & continuous, "history.outside_continuous", start)


def note_own_date(rows: Rows, given: Circumstances) -> None:
    """The date that a row says is the local one of its time, or follows it as that of a night session does. Of a venue
    that the house does not know it may be a day off, as nobody knows its zone.
    """
    start = _start(rows)
    symbol, date, times = rows.columns["symbol"], rows.columns["date"].values, rows.columns[start].values
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    for venue, zone in enumerate([given.zone, *(calendar.zone for calendar in calendars)]):
        here = rows.notes.codes == 0
        if not (venue_of_word == venue).all():
            here &= venue_of_word[symbol.values] == venue
        if not here.any():
            continue
        after = _local(times, zone) - date * DAY_NS
        latest = DAY_NS if venue else 2 * DAY_NS
        for place in np.flatnonzero(here & ((after >= latest) | (after < -LONGEST_NIGHT * DAY_NS))).tolist():
            told = beside(format_time(int(times[place]), zone), number_date(int(date[place])).isoformat())
            rows.notes.note_one(place, "history.other_day", start, told)


def with_nights(rows: Rows, given: Circumstances) -> Rows:
    """The rows, of which nothing says the date, with the trade date in place of the local one where a session of their
    venue goes over midnight: it belongs to the next date.
    """
    if not rows.columns.keys() >= {"symbol", "date"}:
        return rows
    symbol, start = rows.columns["symbol"], rows.columns[_start(rows)]
    dates = rows.columns["date"].values.copy()
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    for venue, calendar in enumerate(calendars, 1):
        phases = [row.phase for row in _rows(calendar) if row.unit == "hours"]
        nights = [phase.opens for phase in phases if phase.overnight]
        if not nights:
            continue
        here = np.flatnonzero((venue_of_word[symbol.values] == venue) & ~start.missing)
        if len(here):
            local = local_times(start.values[here], calendar.zone)
            dates[here] = trade_dates(given.market, local, calendar.venue, min(nights).isoformat())
    return rows._replace(columns={**rows.columns, "date": rows.columns["date"]._replace(values=dates)})


def warn_label(rows: Rows, given: Circumstances) -> None:
    """Bars that are labelled by their end do not end when their venue opens; those of a file whose last bar ends before
    the venue closes may be labelled by their start.
    """
    symbol, ends = rows.columns["symbol"], rows.columns["ts_end"].values
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    for venue, calendar in enumerate(calendars, 1):
        here = np.flatnonzero((venue_of_word[symbol.values] == venue) & (rows.notes.codes == 0))
        if not len(here):
            continue
        date = number_date(int(rows.columns["date"].values[here[0]]))
        holding = [row.phase for row in _rows(calendar) if row.unit == "hours" and row.applies(date)]
        opens = [_nanoseconds(phase.opens) for phase in holding if phase.mode == CONTINUOUS]
        closes = [_nanoseconds(phase.closes) for phase in holding if phase.mode in OF_BARS]
        clock = _clock(ends[here], calendar.zone)
        if opens and not (clock == max(closes)).any():
            first = np.zeros(rows.height, dtype=bool)
            first[here] = clock == min(opens)
            rows.notes.doubt(first, "history.label_doubtful", "ts_start")


def warn_spacing(rows: Rows, given: Circumstances) -> None:
    """Bars of a symbol and date do not all stand two lengths of the dataset's or more apart: five-minute bars among
    one-minute ones would each be taken for their first or last minute.
    """
    length = rows.dataset.interval_ns
    if rows.dataset.time != "interval":
        return
    for order in (given.order[:LOOKED_AT], given.order):
        symbol, date, start = (rows.columns[name].values[order] for name in ("symbol", "date", "ts_start"))
        apart = np.diff(start)[(symbol[1:] == symbol[:-1]) & (date[1:] == date[:-1])]
        apart = apart[apart > 0]
        if len(apart) and int(apart.min()) < 2 * length:
            return
    if not len(apart):
        return
    least = int(apart.min())
    told = f"{least / MINUTE_NS:g} min"
    fitting = [one.name for one in DATASETS.values() if one.interval_ns == least]
    value = beside(told, fitting[0]) if fitting else told
    rows.notes.warnings.append(Warned("history.spacing", "ts_start", len(order), int(order.min()), value))


def _start(rows: Rows) -> str:
    return "ts_start" if rows.dataset.time == "interval" else "ts"


def _outside(
    rows: Rows, given: Circumstances, modes: tuple[str, ...], *, sure: bool
) -> Iterator[tuple[str, Array]]:
    """The column of the time, and which rows are outside the hours of modes that are sure, or that are not."""
    start = _start(rows)
    symbol, date, times = rows.columns["symbol"], rows.columns["date"].values, rows.columns[start].values
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    sound = rows.notes.codes == 0
    for venue, calendar in enumerate(calendars, 1):
        here = sound if (venue_of_word == venue).all() else sound & (venue_of_word[symbol.values] == venue)
        days = date if here.all() else date[here]
        if not len(days) or int(days.max()) - int(days.min()) > LONGEST_SPAN_DAYS:
            continue
        low, high = int(days.min()), int(days.max())
        begins = [low, *(day for day in _changes(calendar) if low < day <= high), high + 1]
        for first, after in itertools.pairwise(begins):
            hours = _hours(calendar, first, modes)
            if not hours.spans or hours.sure != sure:
                continue
            within = here if len(begins) == 2 else here & (date >= first) & (date < after)
            clock = _clock(times, calendar.zone)
            inside = np.zeros(rows.height, dtype=bool)
            for opens, closes in hours.spans:
                inside |= (clock >= opens) & (clock <= closes)
                if closes >= DAY_NS:
                    inside |= clock <= closes - DAY_NS
            yield start, within & ~inside


@functools.lru_cache(maxsize=64)
def _changes(calendar: Calendar) -> list[int]:
    """The dates on which a venue's hours change, rising."""
    found = set()
    for row in _rows(calendar):
        if row.valid_from is not None:
            found.add(date_number(row.valid_from))
        if row.valid_to is not None:
            found.add(date_number(row.valid_to) + 1)
    return sorted(found)


def _rows(calendar: Calendar) -> list[Any]:
    rules = calendar.rules.rows
    return [row for row in rules if row.venue == calendar.venue and row.field.startswith("phase.")]


@functools.lru_cache(maxsize=256)
def _hours(calendar: Calendar, day: int, modes: tuple[str, ...]) -> Hours:
    """The hours of modes for all classes of a venue's instruments, as far as rows speak of the date."""
    date = number_date(day)
    holding = [row for row in _rows(calendar) if row.unit == "hours" and row.applies(date)]
    spans: list[tuple[int, int]] = []
    for row in holding:
        phase = row.phase
        if phase.mode in modes:
            opens, closes = _nanoseconds(phase.opens), _nanoseconds(phase.closes)
            spans.append((opens, closes + LATE_NS + (DAY_NS if closes < opens else 0)))
    return Hours(_merged(spans), all(row.status in SURE for row in holding))


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans without overlap.

    >>> _merged([(5, 7), (1, 3), (2, 4)])
    ((1, 4), (5, 7))
    """
    found: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(closes, found[-1][1]))
        else:
            found.append((opens, closes))
    return tuple(found)


def _nanoseconds(time: datetime.time) -> int:
    return (time.hour * 60 + time.minute) * MINUTE_NS + time.second * 1_000_000_000


def _clock(times: Array, zone: str) -> Array:
    """The time of day of UTC nanoseconds in a zone."""
    return _local(times, zone) % DAY_NS


def _local(times: Array, zone: str) -> Array:
    """The local times of UTC nanoseconds in a zone; quickly where its clock stays the same."""
    low, high = int(times.min()) // DAY_NS, int(times.max()) // DAY_NS
    offset = _steady_offset(zone, low, high) if high - low <= LONGEST_STEADY else None
    return local_times(times, zone) if offset is None else times + offset


@functools.lru_cache(maxsize=64)
def _steady_offset(zone: str, low: int, high: int) -> int | None:
    """The zone's offset from UTC in nanoseconds, if it is one and the same over these days."""
    noons = np.arange(low - 1, high + 2, dtype=np.int64) * DAY_NS + DAY_NS // 2
    offsets = np.unique(local_times(noons, zone) - noons)
    return int(offsets[0]) if len(offsets) == 1 else None
