"""The requests of asking. All take `known_at`, a time or a date (its end): the answer is what was known then.

`limit` of 0 gives all; `sort` names columns, `-` before one for descending. Dates are both included.
"""

from __future__ import annotations

import datetime
from typing import Any, Literal

from tallystick.core.schema import Record

__all__ = [
    "ActionsRequest",
    "AsofRequest",
    "BarsRequest",
    "FactorsRequest",
    "PanelRequest",
    "ResampleRequest",
    "SqlRequest",
    "StreamRequest",
    "TicksRequest",
    "UniverseRequest",
]

Adjusted = Literal["none", "split", "total"]
Anchored = Literal["latest_bar", "series_start"]
Kind = Literal["cash", "stock", "rights", "reduction", "par_change", "reform"]


class BarsRequest(Record, frozen=True, kw_only=True):
    """Bars of some symbols (all when none is named) from `start` to `end`.

    `adjust` is `split` (for what changes the number of shares) or `total` (for dividends and rights too), `anchor` the
    bar that stays as traded: the latest (前復權) or the first of the series (後復權).
    """

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    freq: Literal["1m", "5m", "1d", "1w", "1mo"] = "1d"
    adjust: Adjusted = "none"
    anchor: Anchored = "latest_bar"
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0
    sort: str = ""


class TicksRequest(Record, frozen=True, kw_only=True):
    """Trades or quotes of some symbols (all when none is named) from `start` to `end` by trade date, and from `since`
    to `until` by time (of the firm's zone, unless it says its own; a date is the whole of it).
    """

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    since: str = ""
    until: str = ""
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0
    sort: str = ""


class ActionsRequest(Record, frozen=True, kw_only=True):
    """Corporate actions of some symbols (all when none is named) with ex-dates from `start` to `end`, of some kinds."""

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    kinds: list[Kind] = []
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0
    sort: str = ""


class FactorsRequest(Record, frozen=True, kw_only=True):
    """What corporate actions do to prices: ex-dates of some symbols (all when none is named) from `start` to `end`."""

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    known_at: str = ""
    limit: int = 0
    offset: int = 0
    sort: str = ""


class UniverseRequest(Record, frozen=True, kw_only=True):
    """Who belonged to an index on a date (the firm's business date when none is given)."""

    name: str
    date: datetime.date | None = None
    known_at: str = ""
    limit: int = 0
    offset: int = 0
    sort: str = ""


class PanelRequest(Record, frozen=True, kw_only=True):
    """One figure of daily bars (`open`, `high`, `low`, `close`, `volume`, `amount`, `trade_count`) of some symbols (all
    when none is named): a row for each date, a column for each symbol in the order named.
    """

    field: str = "close"
    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    adjust: Adjusted = "none"
    anchor: Anchored = "latest_bar"
    known_at: str = ""
    limit: int = 0
    offset: int = 0


class AsofRequest(Record, frozen=True, kw_only=True):
    """Each row of the dataset `left` with the last row of `right` of the same `by` that is not later; in Python also of
    two frames of Polars, pandas or Arrow (`tallystick.history.asof`).

    Both are read for the same symbols and dates, the right from `lookback` days before. A row counts from the time at
    which it is true (`ts`, `ts_end`, its date, of a day's figures the date's end) unless `left_on` or `right_on` name a
    column. `tolerance` is the greatest age of a match (`5s`, `250ms`, `3d`; in Python also a timedelta); `columns` are
    those wanted of the right.
    """

    left: str | Any = "trades"
    right: str | Any = "quotes"
    by: str = "symbol"
    tolerance: str | Any = ""
    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    lookback: int = 0
    left_on: str = ""
    right_on: str = ""
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0


class ResampleRequest(Record, frozen=True, kw_only=True):
    """Bars of any length (`15m`, `1h`, `1d`, `1w`, `1mo`) from the rows of a dataset: shorter bars or trades.

    `adjust` and `anchor` are those of bars, which are adjusted before they are put together; trades are not.
    """

    every: str
    dataset: Literal["trades", "bars_minute", "bars_5_minutes", "bars_daily"] = "bars_minute"
    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    adjust: Adjusted = "none"
    anchor: Anchored = "latest_bar"
    known_at: str = ""
    limit: int = 0
    offset: int = 0


class SqlRequest(Record, frozen=True, kw_only=True):
    """One SELECT over tables by their names (`FROM history.bars_daily`). In it times are int64 nanoseconds and prices
    int64 in 1e-4 (`make_timestamp_ns(ts)` makes a time of one). Of the answer, columns that have values of a table's
    column, as they are or chosen (`max(ts)`), also through WITH, are times or have their unit.

    `engine` says what answers, this machine or the cluster; the firm's settings do when it is left out.
    """

    query: str
    engine: Literal["local", "cluster"] | None = None
    known_at: str = ""
    limit: int = 0
    offset: int = 0


class StreamRequest(Record, frozen=True, kw_only=True):
    """All rows of a dataset of some symbols and dates, for answers larger than memory."""

    dataset: str
    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    known_at: str = ""
    columns: list[str] = []
