"""From the lake to adjusted rows: which closes and actions an adjustment needs, and putting it on bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.errors import TallystickError
from tallystick.core.schema import number_date
from tallystick.history.asking.adjustment import (
    Adjust,
    Anchor,
    Closes,
    ExDate,
    Scaling,
    as_dates,
    ex_dates,
    factors_of,
    scaling_of,
)
from tallystick.history.asking.codes import encode
from tallystick.history.asking.rows import Span, read_rows

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["PRICES", "actions_of", "adjusted", "closes_of", "described", "find_ex_dates"]

DAILY = "history.bars_daily"
PRICES = ("open", "high", "low", "close")
ACTION_COLUMNS = ("symbol", "ex_date", "kind", "cash", "ratio", "subscription_price", "subscription_ratio")
FACTOR = pa.field("factor", pa.float64(), metadata={"unit": "ratio"})


def adjusted(
    lake: Lake, name: str, bars: pa.Table, span: Span, adjust: Adjust, anchor: Anchor, known_at: int | None
) -> pa.Table:
    """The bars of a dataset (symbol, date, prices, volume) with adjusted prices and volumes, and the prices' factor as
    a float.

    Closes and actions are those known at the same time. The schema's metadata says how it was done. TallystickError
    when minute bars stand around an ex-date and the daily one before it, of whose close its factor is made, does not.
    """
    codes, symbols = encode(bars["symbol"])
    dates = as_dates(bars["date"])
    first = np.full(len(symbols), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, codes, dates)
    asked = dict(zip(symbols, first.tolist(), strict=True))
    listed = _followed(lake, name, find_ex_dates(lake, span, anchor, known_at), asked, known_at)
    factors = factors_of(listed, symbols, adjust, anchor)
    segments = factors.segments(codes, dates)
    price = scaling_of(factors.price)
    for name in PRICES:
        bars = _scaled(bars, name, price, segments)
    bars = _scaled(bars, "volume", scaling_of(factors.volume), segments)
    bars = bars.append_column(FACTOR, pa.array(price.floats()[segments]))
    return described(bars, listed, adjust, anchor)


def find_ex_dates(lake: Lake, span: Span, anchor: Anchor, known_at: int | None) -> list[ExDate]:
    """The ex-dates that can matter for bars of a span, with the closes before them.

    Anchored at the latest bar, later ones do, up to the end of the series; anchored at its start, earlier ones.
    """
    actions = actions_of(lake, span, anchor, known_at)
    if not actions.num_rows:
        return []
    symbols = pc.unique(actions["symbol"]).to_pylist()
    return ex_dates(actions, closes_of(lake, _reach(span._replace(symbols=symbols), anchor), known_at))


def actions_of(lake: Lake, span: Span, anchor: Anchor, known_at: int | None) -> pa.Table:
    """The corporate actions that can matter for bars of a span."""
    reach = _reach(span, anchor)
    return read_rows(lake, "history.actions", reach, known_at=known_at, columns=ACTION_COLUMNS, order=())


def closes_of(lake: Lake, span: Span, known_at: int | None) -> Closes:
    """Raw daily closes of some symbols and dates."""
    columns = ["symbol", "date", "close"]
    found = read_rows(lake, DAILY, span, known_at=known_at, columns=columns, order=())
    codes, symbols = encode(found["symbol"])
    return Closes(symbols, codes, as_dates(found["date"]), np.asarray(found["close"].to_numpy()))


def described(bars: pa.Table, listed: Sequence[ExDate], adjust: Adjust, anchor: Anchor) -> pa.Table:
    """The bars, whose schema says in its metadata how they were adjusted."""
    unusual = sum(1 for one in listed if one.counts and one.step and one.step.mark not in ("", "reform"))
    notes = {
        "adjust": adjust,
        "anchor": anchor,
        "method": "reference price / previous raw close, exact; rounded once, half away from zero",
        "marked": str(unusual),
    }
    return bars.replace_schema_metadata(notes)


def _followed(
    lake: Lake, name: str, listed: Sequence[ExDate], first: Mapping[str, int], known_at: int | None
) -> list[ExDate]:
    """The ex-dates, with those reached that bars of a dataset reach, though no daily one does yet.

    `first` are the first dates that are asked for by symbol. Refused are bars before an ex-date when the daily one that
    should be the last before it is not there.
    """
    ahead = [one for one in listed if one.symbol in first and not one.counts and set(one.kinds) != {"reform"}]
    if name != DAILY and ahead:
        start = number_date(min(one.date for one in ahead))
        dates = _dates_of(lake, name, Span(_symbols(ahead), start), known_at)
        ahead = [one for one in ahead if one.symbol in dates and dates[one.symbol][-1] >= one.date]
    if name == DAILY or not ahead:
        return list(listed)
    closed = {
        symbol: dates[-1] for symbol, dates in _dates_of(lake, DAILY, Span(_symbols(ahead)), known_at).items()
    }
    start = number_date(min(closed.get(one.symbol, one.date) for one in ahead))
    dates = _dates_of(lake, name, Span(_symbols(ahead), start), known_at)
    for one in ahead:
        begin = first[one.symbol]
        if one.close is not None:
            begin = next(date for date in dates[one.symbol] if date > closed[one.symbol])
        if begin < one.date:
            raise TallystickError(
                "history.no_daily_close",
                "Bars of {symbol} cannot be adjusted at {date}: daily bars before are missing.",
                "Load its daily bars into history.bars_daily, or ask for prices as traded.",
                symbol=one.symbol,
                date=str(number_date(one.date)),
            )
    return [one._replace(reached=True) if one in ahead else one for one in listed]


def _symbols(listed: Sequence[ExDate]) -> list[str]:
    return sorted({one.symbol for one in listed})


def _dates_of(lake: Lake, name: str, span: Span, known_at: int | None) -> dict[str, list[int]]:
    """The dates on which each symbol has bars, rising, as numbers."""
    found = read_rows(lake, name, span, known_at=known_at, columns=["symbol", "date"], order=())
    dates = found.group_by(["symbol", "date"]).aggregate([]).sort_by("date")
    listed: dict[str, list[int]] = {}
    for symbol, date in zip(dates["symbol"].to_pylist(), as_dates(dates["date"]).tolist(), strict=True):
        listed.setdefault(symbol, []).append(date)
    return listed


def _reach(span: Span, anchor: Anchor) -> Span:
    """The span without the end, or without the start, that the anchor lies beyond."""
    return span._replace(end=None) if anchor == "latest_bar" else span._replace(start=None)


def _scaled(bars: pa.Table, name: str, scaling: Scaling, segments: Array) -> pa.Table:
    """The bars with one column scaled; missing values stay missing."""
    column = bars[name]
    missing = np.asarray(column.is_null().to_numpy()) if column.null_count else None
    values = column.fill_null(0) if column.null_count else column
    scaled = scaling.apply(np.asarray(values.to_numpy()), segments)
    place = bars.column_names.index(name)
    return bars.set_column(place, bars.schema.field(name), pa.array(scaled, mask=missing))
