"""Checks by name: which rows cannot be right, and which may not be. Each looks at whole columns.

A check that is sure notes a fault (the row goes to quarantine); one that cannot be sure warns (the row is kept).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.history.loading.business_checks import note_closed, note_satisfaction, note_words
from tallystick.history.loading.clock import local_days
from tallystick.history.loading.hours import note_hours, warn_hours, warn_spacing
from tallystick.history.loading.lake_checks import warn_totals
from tallystick.history.loading.market_checks import (
    note_limit,
    note_session,
    note_tick,
    tell_ticks,
    warn_calendar,
    warn_gaps,
    warn_unregistered,
    warn_venue,
)
from tallystick.history.loading.rows import Rows

if TYPE_CHECKING:
    from tallystick.core.lake import Lake
    from tallystick.market import MarketMachine

__all__ = ["CHECKS", "Circumstances", "note_among_neighbours", "note_faults"]

Array = np.ndarray[Any, np.dtype[Any]]


NOTHING: Array = np.array([], np.int64)
HUNDREDTH = 100
SPAN_ROWS = 1 << 17
"""So many rows of a column stay in a core's cache while they are checked."""

SIGNLESS = ("amount", "cash", "ratio", "subscription_price", "subscription_ratio", "weight")
"""Amounts and ratios that are not below zero, beside every quantity and count."""

POSITIVE = re.compile(r"open|high|low|close|price|quantity|reference|(bid|ask)(_\d)?")
"""Prices and the quantity of a trade; a size of a quote, a limit and the close before may be 0 for none."""

LARGEST = 2**63 - 1
ACTION_RATIOS = (
    ("stock", "ratio", LARGEST),
    ("rights", "subscription_ratio", LARGEST),
    ("reduction", "ratio", 10**8),
    ("par_change", "ratio", LARGEST),
)
"""Kinds of corporate action, the ratio that is above zero, and the most that it can be, in 1e-8."""


class Circumstances(NamedTuple):
    """What checks may ask beside the rows: when the rows are known, the zone, the market's rules, the lake."""

    known_time: int
    zone: str
    market: MarketMachine
    lake: Lake
    order: Array = NOTHING
    """The places of the rows without fault by partition, sort columns and key, once they are sorted."""


Check = Callable[[Rows, Circumstances], None]


def note_not_negative(rows: Rows, _: Circumstances) -> None:
    """Quantities, counts and amounts are not below zero; prices may be, spreads are."""
    for name, column in rows.columns.items():
        kind = rows.dataset.columns[name]
        counted = kind.kind in ("int32", "int64") and not kind.unit.startswith("1e-")
        if (counted or name in SIGNLESS) and int(column.values.min()) < 0:
            rows.notes.note((column.values < 0) & ~column.missing, "history.negative", name)


def note_positive(rows: Rows, _: Circumstances) -> None:
    """Prices, and the quantity of a trade, are above zero; those of spreads (a symbol with `/`) may be anything."""
    for name, column in rows.columns.items():
        if POSITIVE.fullmatch(name) and int(column.values.min()) <= 0:
            wrong = (column.values <= 0) & ~column.missing
            if name != "quantity":
                wrong &= ~_are_spreads(rows)
            rows.notes.note(wrong, "history.not_positive", name)


def _are_spreads(rows: Rows) -> Array:
    symbol = rows.columns["symbol"]
    spread = np.array(["/" in word for word in symbol.words or []] or [False])
    return np.asarray(spread[symbol.values])


def note_high_low(rows: Rows, _: Circumstances) -> None:
    """The high is not below the low, open and close are between them."""
    high, low = rows.columns["high"].values, rows.columns["low"].values
    rows.notes.note(high < low, "history.high_below_low", "high")
    for name in ("open", "close"):
        price = rows.columns[name].values
        rows.notes.note((price > high) | (price < low), "history.outside_range", name)


def note_not_future(rows: Rows, given: Circumstances) -> None:
    """No row is about a time after the one at which it was known."""
    day = rows.dataset.date_column
    today = int(local_days(np.array([given.known_time], np.int64), given.zone)[0])
    rows.notes.note(rows.columns[day].values > today, "history.future", day)
    start = {"interval": "ts_start", "instant": "ts"}.get(rows.dataset.time)
    if start:
        rows.notes.note(rows.columns[start].values > given.known_time, "history.future", start)


def note_kind(rows: Rows, _: Circumstances) -> None:
    """A corporate action is of a kind that adjustment knows, and has the figure that its kind needs."""
    from tallystick.history.datasets.reference import ACTION_KINDS

    kind = rows.columns["kind"]
    words = kind.words or []
    known = np.array([word in ACTION_KINDS for word in words] or [True])
    rows.notes.note(~known[kind.values] & ~kind.missing, "history.kind_unknown", "kind")
    needs = {
        "cash": "cash",
        "stock": "ratio",
        "rights": "subscription_ratio",
        "reduction": "ratio",
        "par_change": "ratio",
    }
    for word, name in needs.items():
        if word in words:
            lacking = rows.columns[name].missing if name in rows.columns else np.ones(rows.height, dtype=bool)
            rows.notes.note(
                (kind.values == words.index(word)) & ~kind.missing & lacking, "history.empty", name
            )
    for word, name, most in ACTION_RATIOS:
        if word in words and name in rows.columns:
            ratio = rows.columns[name]
            wrong = (ratio.values <= 0) | (ratio.values > most)
            of_kind = (kind.values == words.index(word)) & ~kind.missing
            rows.notes.note(wrong & of_kind & ~ratio.missing, "history.outside_meaning", name)


def note_sequence(rows: Rows, given: Circumstances) -> None:
    """Of one symbol and date, the source's sequence does not go back while time goes on."""
    if rows.counted:
        return
    symbol, date, seq = (rows.columns[name].values[given.order] for name in ("symbol", "date", "seq"))
    back = (symbol[1:] == symbol[:-1]) & (date[1:] == date[:-1]) & (seq[1:] < seq[:-1])
    rows.notes.note(_at(rows, given.order[1:][back]), "history.out_of_sequence", "seq")


def warn_amount(rows: Rows, _: Circumstances) -> None:
    """Amount by volume is a price between low and high; odd lots and block trades in it may explain another."""
    if "volume" not in rows.columns or "amount" not in rows.columns:
        return
    volume, amount = rows.columns["volume"], rows.columns["amount"]
    mean = amount.values // np.maximum(volume.values, 1)
    low, high = rows.columns["low"].values, rows.columns["high"].values
    # The amount may be rounded: a hundredth of the currency a share is no doubt.
    off = ((mean < low - HUNDREDTH) | (mean > high + HUNDREDTH)) & (volume.values > 0)
    rows.notes.doubt(off & ~volume.missing & ~amount.missing, "history.amount_outside", "amount")


def warn_days(rows: Rows, given: Circumstances) -> None:
    """Symbols say venues that the house knows, and dates are ones that their calendars reach."""
    warn_venue(rows, given)
    warn_calendar(rows, given)


def warn_crossed(rows: Rows, _: Circumstances) -> None:
    """The best bid is not above the best ask; in auctions it may be."""
    for level in ("", "_1"):
        if f"bid{level}" in rows.columns and f"ask{level}" in rows.columns:
            bid, ask = rows.columns[f"bid{level}"], rows.columns[f"ask{level}"]
            given = ~bid.missing & ~ask.missing & (bid.values > 0) & (ask.values > 0)
            rows.notes.doubt(
                (bid.values > ask.values) & given & ~_are_spreads(rows), "history.crossed", f"bid{level}"
            )


def warn_announced(rows: Rows, _: Circumstances) -> None:
    """A figure is announced after its period."""
    if "announced" in rows.columns:
        announced, end = rows.columns["announced"], rows.columns["period_end"]
        early = (announced.values < end.values) & ~announced.missing
        rows.notes.doubt(early, "history.announced_early", "announced")


def warn_stale(rows: Rows, given: Circumstances) -> None:
    """A symbol's row says the same prices and the same volume as its row before.

    One price, or no volume, repeats by chance; a whole bar does not.
    """
    if "volume" not in rows.columns:
        return
    order = given.order
    high, volume = rows.columns["high"].values[order], rows.columns["volume"].values[order]
    same = (high[1:] == high[:-1]) & (volume[1:] == volume[:-1]) & (volume[1:] > 0)
    for name in ("symbol", "low", "open", "close"):
        if not same.any():
            return
        values = rows.columns[name].values[order]
        same &= values[1:] == values[:-1]
    later = order[1:][same]
    later = later[rows.columns["high"].values[later] > rows.columns["low"].values[later]]
    rows.notes.doubt(_at(rows, later), "history.stale", "close")


def _at(rows: Rows, places: Array) -> Array:
    where = np.zeros(rows.height, dtype=bool)
    where[places] = True
    return where


FIRST: dict[str, Check] = {
    "not_negative": note_not_negative,
    "positive": note_positive,
    "high_low": note_high_low,
    "kind": note_kind,
    "words": note_words,
    "closed": note_closed,
    "satisfaction": note_satisfaction,
    "not_future": note_not_future,
    "session": note_session,
    "hours": note_hours,
    "tick": note_tick,
}
"""Checks that look at rows one by one, in the order in which they look."""

WHOLE: dict[str, Check] = {
    "hours": warn_hours,
    "tick": tell_ticks,
    "limit": note_limit,
    "crossed": warn_crossed,
    "announced": warn_announced,
}
"""What looks at rows one by one once for all of them: it asks the lake, or tells of those that are faulty."""

SORTED: dict[str, Check] = {
    "sequence": note_sequence,
    "amount": warn_amount,
    "stale": warn_stale,
    "gap": warn_gaps,
    "session": warn_days,
    "tick": warn_unregistered,
    "totals": warn_totals,
    "hours": warn_spacing,
}
"""Checks that look at rows beside their neighbours."""

OF_LOADING = ("duplicate_key", "cross_source")
"""Checks that ask what came before: the loader's own."""

CHECKS = (*dict.fromkeys([*FIRST, *WHOLE, *SORTED]), *OF_LOADING)
"""Every check by name. `amount`, `stale`, `gap` and `cross_source` cannot be sure: they warn."""


def note_faults(rows: Rows, given: Circumstances) -> None:
    """Run the dataset's checks of rows one by one, on spans of them at once on all cores."""
    parts = [rows.part(slice(begin, begin + SPAN_ROWS)) for begin in range(0, rows.height, SPAN_ROWS)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda part: _run(part, given, FIRST), parts))
    _run(rows, given, WHOLE)


def note_among_neighbours(rows: Rows, given: Circumstances) -> None:
    """Run the dataset's checks of sorted rows."""
    _run(rows, given, SORTED)


def _run(rows: Rows, given: Circumstances, checks: dict[str, Check]) -> None:
    unknown = set(rows.dataset.checks) - set(CHECKS)
    assert not unknown, f"{rows.dataset.name} declares checks that do not exist: {sorted(unknown)}"
    for name, check in checks.items():
        if name in rows.dataset.checks and rows.height:
            check(rows, given)
