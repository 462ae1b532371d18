"""Checks against the markets' dated rules: sessions, ticks, limits. What no rule speaks of is not checked.

Only raw prices are checked, as traded; of instruments that the house has registered, since class and venue decide.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tallystick.core.schema import date_number, number_date
from tallystick.history.loading.ordering import stable_order
from tallystick.history.loading.reasons import CODES, beside
from tallystick.history.loading.rows import Rows
from tallystick.history.loading.venue_days import (
    LONGEST_SPAN_DAYS,
    calendars_of,
    closed_days,
    distinct_days,
    numbered,
    session_days,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.history.loading.checks import Circumstances
    from tallystick.market import Instrument, MarketMachine

__all__ = [
    "note_limit",
    "note_session",
    "note_tick",
    "tell_ticks",
    "warn_calendar",
    "warn_gaps",
    "warn_unregistered",
    "warn_venue",
]

Array = np.ndarray[Any, np.dtype[Any]]

PRICES = ("open", "high", "low", "close", "price", "bid", "ask", "limit_up", "limit_down")
BANDED = ("open", "high", "low", "close", "price")
REFERENCES = "history.reference_prices"
LARGEST_PRICE = 1 << 50
"""Up to here floats hold prices and their multiples exactly."""

NEW_LISTING_DAYS = 31
"""So long after its listing an instrument may still be without limits; the check leaves it alone."""


def note_session(rows: Rows, given: Circumstances) -> None:
    """A row's date is a session of its symbol's venue, where the venue's calendar knows the date."""
    symbol, date = rows.columns["symbol"], rows.columns["date"].values
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    for venue, calendar in enumerate(calendars, 1):
        sound = rows.notes.codes == 0
        if not (venue_of_word == venue).all():
            sound &= venue_of_word[symbol.values] == venue
        days = date[sound]
        if not len(days) or int(days.max()) - int(days.min()) > LONGEST_SPAN_DAYS:
            continue
        low = int(days.min())
        shut = closed_days(calendar, low, int(days.max()))[days - low]
        if shut.any():
            _note_at(rows, np.flatnonzero(sound)[shut], "history.not_a_session", "date")


def note_tick(rows: Rows, given: Circumstances) -> None:
    """Prices of registered instruments stand on the tick that was in force at that price."""
    for instruments, date, where in _classes_by_date(rows, given.market):
        table = _tick_table(given.market, instruments, date)
        if table is None:
            continue
        bounds = np.array([bound for bound, _ in table], np.int64)
        ticks = np.array([tick for _, tick in table], np.int64)
        for name in PRICES:
            if name not in rows.columns:
                continue
            column = rows.columns[name] if len(where) == rows.height else rows.columns[name].take(where)
            off = _off_tick(column.values, bounds, ticks)
            if off.any():
                _note_at(rows, where[off & ~column.missing], "history.off_tick", name)


def tell_ticks(rows: Rows, given: Circumstances) -> None:
    """Say of prices off their tick which one is in force."""
    known = {one.symbol: one for one in given.market.instruments}
    symbol, date = rows.columns["symbol"], rows.columns["date"].values
    for place in np.flatnonzero(rows.notes.codes == CODES["history.off_tick"]).tolist():
        instrument = known[(symbol.words or [])[symbol.values[place]]]
        table = _tick_table(given.market, instrument, number_date(int(date[place])))
        name = rows.notes.names[rows.notes.columns[place]]
        price = int(rows.columns[name].values[place])
        tick = next((tick for bound, tick in reversed(table) if price >= bound), table[0][1])
        rows.notes.told[place] = beside(_decimal(price), _decimal(tick))


def _decimal(price: int) -> str:
    """A price in 1e-4 as a text without needless zeros."""
    whole, rest = divmod(abs(price), 10_000)
    return f"{'-' if price < 0 else ''}{whole}.{rest:04}".rstrip("0").rstrip(".")


def _off_tick(prices: Array, bounds: Array, ticks: Array) -> Array:
    """Which prices, band by band, are no multiple of their tick."""
    off = np.zeros(len(prices), dtype=bool)
    if not len(prices):
        return off
    low, high = int(prices.min()), int(prices.max())
    if max(high, -low) > LARGEST_PRICE:
        return np.asarray(
            prices % ticks[np.maximum(np.searchsorted(bounds, prices, side="right") - 1, 0)] != 0
        )
    first, last = (max(int(np.searchsorted(bounds, price, side="right")) - 1, 0) for price in (low, high))
    if first == last:
        return _no_multiple(prices, int(ticks[first]))
    band = np.searchsorted(bounds, prices, side="right") - 1
    for number in range(first, last + 1):
        here = np.flatnonzero(band == number)
        off[here] = _no_multiple(prices[here], int(ticks[number]))
    return off


def _no_multiple(prices: Array, tick: int) -> Array:
    """Which prices are no multiple of a tick. Floats hold both exactly, and divide faster than integers."""
    whole = prices.astype(np.float64)
    return np.asarray(np.rint(whole / tick) * tick != whole)


def note_limit(rows: Rows, given: Circumstances) -> None:
    """Prices of registered instruments are within the limits that the day's reference price gives."""
    lake = given.lake
    if REFERENCES not in lake.tables() or not lake.describe(REFERENCES).rows:
        return
    days = rows.columns["date"].values[rows.notes.codes == 0]
    if not len(days):
        return
    span = (number_date(int(days.min())), number_date(int(days.max())))
    wanted = ["symbol", "date", "reference", "limit_up", "limit_down"]
    known = lake.scan(REFERENCES, columns=wanted, within={"date": span}, known_at=given.known_time)
    row_keys = _pairs(rows.columns["symbol"].values, rows.columns["date"].values)
    bands = _bands(rows, given.market, known, row_keys)
    if not bands:
        return
    keys = np.array(sorted(bands), np.int64)
    lows, highs = (np.array([bands[key][side] for key in keys.tolist()], np.int64) for side in (0, 1))
    at = np.minimum(np.searchsorted(keys, row_keys), len(keys) - 1)
    where = np.flatnonzero((keys[at] == row_keys) & (rows.notes.codes == 0))
    low, high = lows[at[where]], highs[at[where]]
    for name in BANDED:
        if name in rows.columns:
            column = rows.columns[name].take(where)
            outside = ((column.values > high) | (column.values < low)) & ~column.missing
            for spot in np.flatnonzero(outside).tolist():
                band = f"{_decimal(int(low[spot]))} – {_decimal(int(high[spot]))}"
                told = beside(_decimal(int(column.values[spot])), band)
                rows.notes.note_one(int(where[spot]), "history.outside_limits", name, told)


def _bands(rows: Rows, market: MarketMachine, known: pa.Table, row_keys: Array) -> dict[int, tuple[int, int]]:
    """The lowest and highest price by symbol and date, of registered symbols that are among the rows."""
    codes = {word: code for code, word in enumerate(rows.columns["symbol"].words or [])}
    registered = {one.symbol: one for one in market.instruments}
    of_symbol = [codes.get(word, -1) if word in registered else -1 for word in known["symbol"].to_pylist()]
    keys = _pairs(np.array(of_symbol, np.int64), known["date"].cast("int32").to_numpy())
    asked = np.flatnonzero(np.isin(keys, row_keys) & (np.array(of_symbol) >= 0))
    bands = {}
    for key, row in zip(keys[asked].tolist(), known.take(asked).to_pylist(), strict=True):
        limits = _limits(market, registered[row["symbol"]], row["date"], row)
        if limits is not None:
            bands[key] = limits
    return bands


def _pairs(symbols: Array, days: Array) -> Array:
    """Symbol and date of each row as one number."""
    return (symbols.astype(np.int64) << 32) | (days.astype(np.int64) & 0xFFFFFFFF)


def warn_gaps(rows: Rows, given: Circumstances) -> None:
    """Between a symbol's first and last date in the source no session lacks a row."""
    order, symbol = given.order, rows.columns["symbol"]
    symbols, days = symbol.values[order], rows.columns["date"].values[order]
    if not len(days):
        return
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    numbers = np.zeros(len(days), np.int64)
    for venue, calendar in enumerate(calendars, 1):
        here = slice(None) if (venue_of_word == venue).all() else venue_of_word[symbols] == venue
        numbers[here] = numbered(calendar, days[here])
    same = symbols[1:] == symbols[:-1]
    later = np.flatnonzero(same & (numbers[1:] > numbers[:-1] + 1)) + 1
    # A symbol's rows stand together in each partition only: the first of each run follows the last of its run before.
    first = np.concatenate([[0], np.flatnonzero(~same) + 1])
    last = np.concatenate([first[1:], [len(days)]]) - 1
    turn = stable_order(symbols[first].astype(np.int64))
    first, last = first[turn[1:]], last[turn[:-1]]
    apart = first[(symbols[first] == symbols[last]) & (numbers[first] > numbers[last] + 1)]
    missing = np.zeros(rows.height, dtype=bool)
    missing[order[later]] = missing[order[apart]] = True
    rows.notes.doubt(missing, "history.gap", "date")


def warn_venue(rows: Rows, given: Circumstances) -> None:
    """A symbol says its venue, so that the house knows whose days, hours and ticks hold for it."""
    symbol = rows.columns["symbol"]
    words = symbol.words or []
    rules = getattr(given.market, "rules", None)
    known = set(rules.venues()) if rules is not None else set()
    strange = np.array([word.rpartition(".")[2] not in known or "." not in word for word in words] or [False])
    if known and strange.any():
        rows.notes.doubt(strange[symbol.values] & ~symbol.missing, "history.venue_unknown", "symbol")


def warn_calendar(rows: Rows, given: Circumstances) -> None:
    """The calendar of a row's venue reaches its date; where it does not, nobody looked whether it is a session."""
    symbol, date = rows.columns["symbol"], rows.columns["date"].values
    venue_of_word, calendars = calendars_of(symbol.words or [], given.market)
    strange = np.zeros(rows.height, dtype=bool)
    for venue, calendar in enumerate(calendars, 1):
        sound = (rows.notes.codes == 0) & (venue_of_word[symbol.values] == venue)
        days = date[sound]
        if not len(days) or int(days.max()) - int(days.min()) > LONGEST_SPAN_DAYS:
            continue
        low = int(days.min())
        if session_days(calendar, low, int(days.max())) is None:
            unknown = np.zeros(int(days.max()) - low + 1, dtype=bool)
            for day in distinct_days(days).tolist():
                unknown[day - low] = session_days(calendar, day, day) is None
            strange[sound] = unknown[days - low]
    rows.notes.doubt(strange, "history.calendar_unknown", "date")


def warn_unregistered(rows: Rows, given: Circumstances) -> None:
    """Symbols of a venue of which the house has registered some are registered, so that ticks and limits are known."""
    symbol = rows.columns["symbol"]
    known = {one.symbol for one in given.market.instruments}
    venues = {word.rpartition(".")[2] for word in known}
    words = symbol.words or []
    strange = np.array([word not in known and word.rpartition(".")[2] in venues for word in words] or [False])
    if strange.any():
        rows.notes.doubt(strange[symbol.values] & ~symbol.missing, "history.unregistered", "symbol")


def _classes_by_date(rows: Rows, market: MarketMachine) -> Iterator[tuple[Instrument, datetime.date, Array]]:
    """Registered rows without fault, by class of instrument and the dates between which no tick rule changed."""
    symbol = rows.columns["symbol"]
    known = {one.symbol: one for one in market.instruments}
    classes: dict[tuple[str, str, str, str], int] = {}
    examples: list[Instrument] = []
    number = np.full(max(len(symbol.words or []), 1), -1, np.int64)
    for code, word in enumerate(symbol.words or []):
        if (one := known.get(word)) is not None:
            key = (one.market, one.venue, one.board, one.product)
            if key not in classes:
                classes[key] = len(classes)
                examples.append(one)
            number[code] = classes[key]
    of_row = number[symbol.values]
    changes = _tick_changes(market) if examples else []
    for place, example in enumerate(examples):
        where = np.flatnonzero((of_row == place) & (rows.notes.codes == 0))
        days = rows.columns["date"].values[where]
        tables: dict[Any, list[int]] = {}
        distinct = distinct_days(days)
        for span in np.split(distinct, np.searchsorted(distinct, changes)):
            if len(span):
                table = _tick_table(market, example, number_date(int(span[0])))
                tables.setdefault(table, []).extend(span.tolist())
        for table, same in tables.items():
            if table is not None:
                chosen = where if len(tables) == 1 else where[np.isin(days, same)]
                yield example, number_date(same[0]), chosen


def _tick_changes(market: MarketMachine) -> list[int]:
    """The dates on which some tick rule begins or has ended, rising: between two of them none changes."""
    found = set()
    for row in market.rules.rows:
        if row.field == "tick":
            if row.valid_from is not None:
                found.add(date_number(row.valid_from))
            if row.valid_to is not None:
                found.add(date_number(row.valid_to) + 1)
    return sorted(found)


def _limits(
    market: MarketMachine, instrument: Instrument, date: datetime.date, reference: dict[str, Any]
) -> tuple[int, int] | None:
    """The lowest and highest price of a date, None when there are none or nothing is known."""
    from tallystick.core.errors import TallystickError
    from tallystick.market import price_limits

    if reference["limit_up"] and reference["limit_down"]:
        return reference["limit_down"], reference["limit_up"]
    if instrument.listed_on and (date - instrument.listed_on).days <= NEW_LISTING_DAYS:
        return None
    try:
        found = price_limits(market.rules, instrument, reference["reference"], date)
    except TallystickError:
        return None
    return (found.limit_down, found.limit_up) if found.limit_up else None


def _tick_table(market: MarketMachine, instrument: Instrument, date: datetime.date) -> Any:
    from tallystick.market import ExpiredRule, MissingRule

    try:
        return market.rules.tick_table(instrument, date)
    except (ExpiredRule, MissingRule):
        return None


def _note_at(rows: Rows, places: Array, code: str, column: str) -> None:
    if len(places):
        wrong = np.zeros(rows.height, dtype=bool)
        wrong[places] = True
        rows.notes.note(wrong, code, column)
