"""From the lake to adjusted rows: which closes and actions an adjustment needs, and putting it on bars."""

from __future__ import annotations

from collections.abc import Sequence
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

PRICES = ("open", "high", "low", "close")
ACTION_COLUMNS = ("symbol", "ex_date", "kind", "cash", "ratio", "subscription_price", "subscription_ratio")
FACTOR = pa.field("factor", pa.float64(), metadata={"unit": "ratio"})


def adjusted(
    lake: Lake, bars: pa.Table, span: Span, adjust: Adjust, anchor: Anchor, known_at: int | None
) -> pa.Table:
    """The bars (symbol, date, prices, volume) with adjusted prices and volumes, and the prices' factor as a float.

    Closes and actions are those known at the same time. The schema's metadata says how it was done. TallystickError
    when minute bars stand before or since an ex-date and daily ones, of which its factor is made, do not.
    """
    listed = find_ex_dates(lake, span, anchor, known_at)
    codes, symbols = encode(bars["symbol"])
    dates = as_dates(bars["date"])
    _require_closes(listed, symbols, codes, dates)
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
    found = read_rows(lake, "history.bars_daily", span, known_at=known_at, columns=columns, order=())
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


def _require_closes(listed: Sequence[ExDate], symbols: Sequence[str], codes: Array, dates: Array) -> None:
    """Refuse bars (of minutes) before an ex-date that has no daily bar before it, or since one that has none since."""
    lost = [one for one in listed if not one.counts and set(one.kinds) != {"reform"}]
    if not lost or not codes.size:
        return
    first = np.full(len(symbols), np.iinfo(np.int32).max, dtype=np.int32)
    last = np.full(len(symbols), np.iinfo(np.int32).min, dtype=np.int32)
    np.minimum.at(first, codes, dates)
    np.maximum.at(last, codes, dates)
    places = {symbol: code for code, symbol in enumerate(symbols)}
    for one in lost:
        code = places.get(one.symbol)
        if code is None:
            continue
        if (one.close is None and first[code] < one.date) or (not one.reached and last[code] >= one.date):
            raise TallystickError(
                "history.no_daily_close",
                "Bars of {symbol} cannot be adjusted at {date}: daily bars before or since are missing.",
                "Load its daily bars into history.bars_daily, or ask for prices as traded.",
                symbol=one.symbol,
                date=str(number_date(one.date)),
            )


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
