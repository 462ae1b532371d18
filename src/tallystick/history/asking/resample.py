"""Bars made of shorter bars or of trades, half-open and by the venue's sessions.

Minutes: a bar is [start, end), counted from the opening of its session and cut at the session's end. What begins up to
a minute after a session's end belongs to the session's last bar, so that the closing print makes no bar of its own at
11:30 or 15:00. Only rows of continuous trading are put together; auctions stay rows of their own, as the records say
them. Night sessions belong to their trade date. Where the rules know no sessions, bars are counted by the clock (UTC).

Days, weeks and months: by trade date, phases together, without those that are not part of the day's prices (odd lots,
blocks, fixed prices). A week begins on Monday. The bar's `date` is its last trade date, `first_date` its first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.errors import TallystickError
from tallystick.core.schema import number_date
from tallystick.history.asking.asof import match_rows
from tallystick.history.asking.codes import encode
from tallystick.history.asking.phases import CLOSING, OPENING
from tallystick.history.datasets.dataset import DAY_NS, MINUTE_NS

if TYPE_CHECKING:
    from tallystick.history.asking.sessions import Sessions

__all__ = ["in_day_order", "resample"]

Array = np.ndarray[Any, np.dtype[Any]]

APART = ("odd_lot", "after_hours_odd_lot", "block", "block_early", "after_hours_fixed_price", "negotiated")
"""Phases whose trades are not part of a day's open, high, low and close."""

MERGED = ("continuous", "morning", "afternoon", "regular", "after_hours")
"""Phases of continuous trading; rows of all others (auctions above all) are given as they are."""

DAY_ORDER: tuple[str | pl.Expr, ...] = (
    "symbol", "date", "ts_start", pl.col("phase").is_in(CLOSING), ~pl.col("phase").is_in(OPENING), "phase",
)  # fmt: skip
"""The order of bars: by symbol and time, and of those that begin together by the course of the day."""

LENGTH = re.compile(r"([1-9][0-9]*)(m|h|d|w|mo)")
LONGEST_MINUTES = 1_440
SUMS = ("volume", "amount", "trade_count")


def resample(rows: pa.Table, every: str, sessions: Sessions | None = None) -> pa.Table:
    """Bars of a length (`5m`, `1h`, `1d`, `1w`, `1mo`) from shorter bars, or from trades (`ts`, `price`, `quantity`).

    Open and close are those of the first and last row by time (an opening auction before, a closing one after what
    begins with it), sums are over what is known (None when nothing is). `known_time` is the latest of the rows: before
    it the bar could not be known so. TallystickError for another length, and for days that are to be cut.

    >>> bars = pa.table({"symbol": ["A"] * 3, "date": pa.array([0, 3, 4], pa.int32()).cast(pa.date32()),
    ...     "open": [1, 4, 6], "high": [3, 5, 6], "low": [1, 4, 2], "close": [2, 5, 2], "volume": [7, None, 1]})
    >>> resample(bars, "1w").select(["date", "open", "high", "low", "close", "volume"]).to_pylist()
    [{'date': datetime.date(1970, 1, 4), 'open': 1, 'high': 5, 'low': 1, 'close': 5, 'volume': 7},
     {'date': datetime.date(1970, 1, 5), 'open': 6, 'high': 6, 'low': 2, 'close': 2, 'volume': 1}]
    """
    number, unit = _length(every)
    rows = _as_bars(rows)
    frame = pl.DataFrame(pl.from_arrow(rows))
    if unit in ("m", "h"):
        if "ts_start" not in rows.column_names:
            raise TallystickError(
                "history.length_too_short",
                "Bars of {every} cannot be made of daily ones.",
                "Make them of trades or of shorter bars.",
                every=every,
            )
        starts, ends = _buckets(rows, number * MINUTE_NS * (60 if unit == "h" else 1), sessions)
        frame = frame.with_columns(_start=pl.Series(starts), _end=pl.Series(ends)).sort(
            "symbol", "_start", "ts_start", maintain_order=True
        )
        found = _merged(frame, ["symbol", "date", "phase", "_start"], pl.col("_end").max())
        return _typed(_minutes(found), rows.schema)
    order: list[str | pl.Expr] = ["symbol", "date"]
    if "ts_start" in frame.columns:
        frame = frame.filter(~pl.col("phase").is_in(APART))
        order = list(DAY_ORDER)
    period = {
        "d": pl.col("date"),
        "w": pl.col("date").dt.truncate("1w"),
        "mo": pl.col("date").dt.truncate("1mo"),
    }
    frame = frame.sort(order, maintain_order=True).with_columns(_period=period[unit])
    found = _merged(frame, ["symbol", "_period"], pl.col("date").last(), first_date=pl.col("date").first())
    return _typed(found.drop("_period"), rows.schema)


def in_day_order(bars: pa.Table) -> pa.Table:
    """Bars of any length by symbol and time; an opening auction before, a closing one after what begins with it."""
    frame = pl.DataFrame(pl.from_arrow(bars.select(["symbol", "date", "ts_start", "phase"])))
    places = frame.with_row_index("_place").sort(*DAY_ORDER, maintain_order=True)["_place"]
    return bars.take(places.to_arrow())


def _length(every: str) -> tuple[int, str]:
    """A length as number and unit; only minutes and hours are counted in more than one."""
    found = LENGTH.fullmatch(every)
    number, unit = (int(found[1]), found[2]) if found else (0, "")
    minutes = number * {"m": 1, "h": 60}.get(unit, 0)
    if not found or (minutes == 0 and number != 1) or minutes > LONGEST_MINUTES:
        raise TallystickError(
            "history.length",
            "Bars cannot be made {every} long.",
            "Ask for minutes or hours up to a day (5m, 1h), 1d, 1w or 1mo.",
            every=every,
        )
    return number, unit


def _as_bars(rows: pa.Table) -> pa.Table:
    """Trades as bars of one instant; bars as they are."""
    if "price" not in rows.column_names:
        return rows
    price = rows["price"]
    bars = {name: rows[name] for name in ("symbol", "instrument", "date") if name in rows.column_names}
    bars.update(ts_start=rows["ts"], ts_end=rows["ts"])
    phase = rows["phase"] if "phase" in rows.column_names else pa.nulls(rows.num_rows, pa.string())
    bars.update(phase=phase.fill_null("continuous"), open=price, high=price, low=price, close=price)
    amounts = pa.nulls(rows.num_rows, pa.int64())
    ones = pa.array(np.ones(rows.num_rows, dtype=np.int64))
    bars.update(volume=rows["quantity"], amount=amounts, trade_count=ones)
    bars.update(
        {name: rows[name] for name in ("event_time", "known_time", "source") if name in rows.column_names}
    )
    fields = {name: rows.schema.field(name) for name in bars if name in rows.column_names}
    fields |= {name: rows.schema.field("price") for name in ("open", "high", "low", "close")}
    fields |= {name: rows.schema.field("ts") for name in ("ts_start", "ts_end")}
    fields["volume"] = rows.schema.field("quantity")
    units = {name: field.metadata for name, field in fields.items()}
    named = [pa.field(name, values.type, metadata=units.get(name)) for name, values in bars.items()]
    return pa.table(list(bars.values()), pa.schema(named))


def _buckets(rows: pa.Table, length: int, sessions: Sessions | None) -> tuple[Array, Array]:
    """From and to of each row's bar, UTC nanoseconds."""
    times = np.asarray(rows["ts_start"].cast(pa.int64()).to_numpy())
    starts = times // length * length
    ends = starts + length
    if sessions is not None and rows.num_rows:
        _by_sessions(rows, times, length, sessions, starts, ends)
    merged = pc.is_in(rows["phase"], pa.array(MERGED)).to_numpy()
    own = np.asarray(rows["ts_end"].cast(pa.int64()).to_numpy())
    return np.where(merged, starts, times), np.where(merged, ends, own)


def _by_sessions(
    rows: pa.Table, times: Array, length: int, sessions: Sessions, starts: Array, ends: Array
) -> None:
    """Put right the bars of rows that a session holds."""
    codes, symbols = encode(rows["symbol"])
    classes = [sessions.class_of(symbol) for symbol in symbols]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(classes))}
    first, last = number_date(times.min() // DAY_NS - 1), number_date(times.max() // DAY_NS + 1)
    spans = [(number, *span) for key, number in numbers.items() for span in sessions.spans(key, first, last)]
    if not spans:
        return
    class_codes = np.array([numbers[key] for key in classes], dtype=np.int32)[codes]
    of_class, opens, closes = (np.array(column, dtype=np.int64) for column in zip(*spans, strict=True))
    found = match_rows(class_codes, times, of_class.astype(np.int32), opens, codes=len(numbers))
    inside = (found >= 0) & (times < closes[found] + MINUTE_NS)
    opened, closed = opens[found[inside]], closes[found[inside]]
    place = np.minimum(times[inside], closed - 1)
    starts[inside] = opened + (place - opened) // length * length
    ends[inside] = np.minimum(starts[inside] + length, closed)


def _merged(frame: pl.DataFrame, keys: list[str], last: pl.Expr, **more: pl.Expr) -> pl.DataFrame:
    """One row for each key, in order of keys; `frame` is sorted by time within them."""
    found = [
        *([pl.col("instrument").last()] if "instrument" in frame.columns else []),
        last,
        *(one.alias(name) for name, one in more.items()),
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        *(
            pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
            for name in SUMS
            if name in frame.columns
        ),
        *(pl.col(name).max() for name in ("event_time", "known_time") if name in frame.columns),
        *([pl.col("source").last()] if "source" in frame.columns else []),
    ]
    return frame.group_by(keys, maintain_order=True).agg(found)


def _typed(found: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """Merged bars in the types and units of the rows that they are made of."""
    bars = found.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [
        schema.field(field.name if field.name != "first_date" else "date").with_name(field.name)
        for field in bars.schema
    ]
    return bars.cast(pa.schema(fields, schema.metadata))


def _minutes(found: pl.DataFrame) -> pl.DataFrame:
    """Merged minute bars with their times as they are named, in order of symbol and time."""
    zoned = pl.Datetime("ns", "UTC")
    found = found.rename({"_start": "ts_start", "_end": "ts_end"})
    found = found.with_columns(
        pl.col("ts_start", "ts_end").cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    )
    if "event_time" in found.columns:
        own = pl.col("event_time").cast(zoned)
        ended = pl.when(pl.col("phase").is_in(MERGED)).then(pl.col("ts_end")).otherwise(own)
        found = found.with_columns(event_time=ended)
    first = [
        "symbol",
        *(["instrument"] if "instrument" in found.columns else []),
        "date",
        "ts_start",
        "ts_end",
        "phase",
    ]
    return found.select(*first, *(name for name in found.columns if name not in first)).sort(*DAY_ORDER)
