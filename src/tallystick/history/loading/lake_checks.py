"""Doubts that only rows of the lake can raise: totals of a day against its bars, and a day against the one before.

Each asks the lake once for a source, or for the sources that share a commit, and only where the lake has such rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.core.schema import number_date
from tallystick.history.datasets import Dataset, find_dataset
from tallystick.history.loading.rows import Rows, Warned
from tallystick.history.loading.venue_days import calendars_of, numbered

if TYPE_CHECKING:
    from tallystick.core.lake import Lake
    from tallystick.history.loading.checked import Checked
    from tallystick.history.loading.checks import Circumstances

__all__ = ["has_rows", "warn_of_day_before", "warn_totals"]

Array = np.ndarray[Any, np.dtype[Any]]

LOOK_BACK_DAYS = 15
"""So far before a source's first date the row before is looked for: longer than any holiday."""

WITHIN_DAYS = 31
"""Daily bars over more dates are not compared with the bars and trades within each."""

BAR = ("open", "high", "low", "close", "volume")
MOST_ROWS = 5_000_000
"""More rows within the days of a daily file are not read for a comparison."""

WITHIN = ("history.bars_minute", "history.trades")


def has_rows(lake: Lake, dataset: Dataset, low: int, high: int) -> bool:
    """Whether the lake may have rows of a dataset between two dates, both included."""
    return _rows_between(lake, dataset, low, high) > 0


def _rows_between(lake: Lake, dataset: Dataset, low: int, high: int) -> int:
    """At most so many rows of a dataset the lake has between two dates, both included."""
    if dataset.name not in lake.tables():
        return 0
    day = dataset.date_column
    return sum(
        file.rows
        for file in lake.state(dataset.name).plan.files
        if int(file.lower.get(day, low)) <= high and int(file.upper.get(day, high)) >= low
    )


def warn_totals(rows: Rows, given: Circumstances) -> None:
    """Bars and trades within a day do not add up to more than its daily bar, nor reach beyond it."""
    order = given.order
    if not len(order):
        return
    days = rows.columns["date"].values[order]
    low, high = int(days.min()), int(days.max())
    daily = rows.dataset.name == "history.bars_daily"
    if daily and high - low > WITHIN_DAYS:
        return
    for name in WITHIN if daily else ("history.bars_daily",):
        other = find_dataset(name)
        if not 0 < _rows_between(given.lake, other, low, high) <= MOST_ROWS:
            continue
        ours = _days_of(rows, order)
        theirs = _days_in_lake(given, other, (low, high), ours["symbol"].unique())
        met = ours.join(theirs, on=["symbol", "date"], suffix="_other", maintain_order="left")
        part, whole = ("_other", "") if daily else ("", "_other")
        for column, wrong in (
            ("volume", pl.col(f"volume{part}") > pl.col(f"volume{whole}")),
            ("high", pl.col(f"high{part}") > pl.col(f"high{whole}")),
            ("low", pl.col(f"low{part}") < pl.col(f"low{whole}")),
        ):
            places = met.filter(wrong)["place"].to_numpy()
            if len(places):
                where = np.zeros(rows.height, dtype=bool)
                where[places] = True
                rows.notes.doubt(where, "history.totals", column)


def _days_of(rows: Rows, order: Array) -> pl.DataFrame:
    """Volume, high and low of each symbol and date of sorted rows, and the place of its first row."""
    symbol, date = rows.columns["symbol"], rows.columns["date"].values[order]
    codes = symbol.values[order]
    starts = np.flatnonzero(np.concatenate([[True], (codes[1:] != codes[:-1]) | (date[1:] != date[:-1])]))
    names = {"volume": "quantity", "high": "price", "low": "price"} if "price" in rows.columns else {}
    totals: dict[str, Any] = {}
    for name, how in (("volume", np.add), ("high", np.maximum), ("low", np.minimum)):
        column = rows.columns.get(names.get(name, name))
        values = (
            np.zeros(len(starts), np.int64) if column is None else how.reduceat(column.values[order], starts)
        )
        totals[name] = pl.Series(values, dtype=pl.Int64)
        if column is None or (rows.dataset.name == "history.bars_daily" and column.there is not None):
            there = np.zeros(len(starts), dtype=bool) if column is None else ~column.missing[order[starts]]
            totals[name] = totals[name].set(pl.Series(~there), None)
    words = pl.Series(symbol.words or [""])
    return pl.DataFrame(
        {"symbol": words.gather(codes[starts]), "date": date[starts], "place": order[starts]} | totals
    )


def _days_in_lake(
    given: Circumstances, dataset: Dataset, span: tuple[int, int], symbols: pl.Series
) -> pl.DataFrame:
    """The same of a dataset's rows in the lake."""
    trades = dataset.name == "history.trades"
    columns = ["symbol", "date", *(("price", "quantity") if trades else ("high", "low", "volume"))]
    within: dict[str, Any] = {"date": (number_date(span[0]), number_date(span[1]))}
    if len(symbols) <= 1_000:
        within["symbol"] = symbols.to_list()
    found = given.lake.scan(dataset.name, columns=columns, within=within, known_at=given.known_time)
    high, low, volume = ("price", "price", "quantity") if trades else ("high", "low", "volume")
    frame = pl.DataFrame(found).with_columns(
        pl.col("symbol").cast(pl.String), pl.col("date").to_physical().cast(pl.Int64)
    )
    total = pl.col(volume).sum()
    if dataset.name == "history.bars_daily":
        total = pl.col(volume).first()
    return frame.group_by("symbol", "date").agg(
        total.cast(pl.Int64).alias("volume"), pl.col(high).max().alias("high"), pl.col(low).min().alias("low")
    )


class Edge(NamedTuple):
    """The first or last rows of each symbol of a source: symbols by number, dates, bars (a row for each), places."""

    symbols: Array
    days: Array
    bars: Array
    places: Array


def warn_of_day_before(lake: Lake, given: Circumstances, parts: Sequence[Checked]) -> Iterator[list[Warned]]:
    """Doubts of each of the sources that come into the lake together: a symbol's first row repeats the one before, in
    the lake or in another of the sources, or sessions between the two have no row.
    """
    dataset = parts[0].rows.dataset
    filled = [part for part in parts if len(part.places)]
    if dataset.time != "date" or "stale" not in dataset.checks or not filled:
        yield from ([] for _ in parts)
        return
    low = min(part.dates[0] for part in filled)
    there = has_rows(lake, dataset, low - LOOK_BACK_DAYS, low - 1)
    if len(filled) == 1 and not there:
        yield from ([] for _ in parts)
        return
    known: dict[str, int] = {}
    lasts = [_lake_edge(lake, given, dataset, low, known)] if there else []
    firsts: list[Edge] = []
    for part in parts:
        first, last = _edges(part, known)
        firsts.append(first)
        lasts.append(last)
    symbols, days = (np.concatenate([getattr(edge, name) for edge in lasts]) for name in ("symbols", "days"))
    bars = np.concatenate([edge.bars for edge in lasts])
    turn = np.lexsort([days, symbols])
    keys = (symbols[turn].astype(np.int64) << 32) | days[turn]
    venue_of_word, calendars = calendars_of(list(known), given.market)
    for first in firsts:
        before = np.searchsorted(keys, (first.symbols.astype(np.int64) << 32) | first.days) - 1
        same = (before >= 0) & (symbols[turn[np.maximum(before, 0)]] == first.symbols)
        at, old = np.flatnonzero(same), turn[before[same]]
        found = []
        repeats = (first.bars[at] == bars[old]).all(axis=1) & (first.bars[at, 4] > 0)
        repeats &= first.bars[at, 1] > first.bars[at, 2]
        apart = np.zeros(len(at), dtype=bool)
        for venue, calendar in enumerate(calendars, 1):
            here = np.flatnonzero(venue_of_word[first.symbols[at]] == venue)
            both = numbered(calendar, np.concatenate([first.days[at[here]], days[old[here]]]))
            apart[here] = both[: len(here)] > both[len(here) :] + 1
        for code, column, wrong in (("history.stale", "close", repeats), ("history.gap", "date", apart)):
            if wrong.any():
                places = first.places[at[wrong]]
                found.append(Warned(code, column, len(places), int(places.min())))
        yield found


def _edges(part: Checked, known: dict[str, int]) -> tuple[Edge, Edge]:
    """The first and the last row of each symbol of a source."""
    rows, places = part.rows, part.places
    symbol = rows.columns["symbol"]
    numbers = np.array([known.setdefault(word, len(known)) for word in symbol.words or [""]], np.int64)
    codes, days = symbol.values[places], rows.columns["date"].values[places]
    breaks = np.flatnonzero(codes[1:] != codes[:-1])
    # Symbols stand together in each partition only; dates rise from partition to partition.
    runs = [np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(codes) - 1]])]
    edges = []
    for run, which in zip(runs, (1, -1), strict=True):
        run = run[: len(codes)] if len(codes) else run[:0]
        _, at = np.unique(codes[run][::which], return_index=True)
        chosen = run[::which][at]
        taken = places[chosen]
        bars = np.stack(
            [
                rows.columns[name].values[taken] if name in rows.columns else np.zeros(len(taken), np.int64)
                for name in BAR
            ],
            axis=1,
        )
        edges.append(Edge(numbers[codes[chosen]], days[chosen], bars, taken))
    return edges[0], edges[1]


def _lake_edge(lake: Lake, given: Circumstances, dataset: Dataset, low: int, known: dict[str, int]) -> Edge:
    """The last row of each symbol in the days before a date."""
    span = (number_date(low - LOOK_BACK_DAYS), number_date(low - 1))
    found = lake.scan(
        dataset.name, columns=["symbol", "date", *BAR], within={"date": span}, known_at=given.known_time
    )
    frame = pl.DataFrame(found).with_columns(
        pl.col("symbol").cast(pl.String),
        pl.col("date").to_physical().cast(pl.Int64),
        pl.col("volume").fill_null(0),
    )
    frame = frame.sort("date").unique("symbol", keep="last", maintain_order=True)
    symbols = np.array([known.setdefault(word, len(known)) for word in frame["symbol"]], np.int64)
    bars = frame.select(BAR).to_numpy().astype(np.int64).reshape(-1, len(BAR))
    return Edge(symbols, frame["date"].to_numpy(), bars, np.zeros(len(symbols), np.int64))
