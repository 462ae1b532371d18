"""Bars of instruments, as known at a time: as traded or adjusted, of the length that is asked for."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.history.asking.rows import Span, count_rows, read_rows
from tallystick.history.datasets import find_dataset
from tallystick.history.requests import require_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake
    from tallystick.history.asking.adjustment import Adjust, Anchor
    from tallystick.history.asking.sessions import Sessions

__all__ = ["FREQUENCIES", "View", "find_bars", "read_bars", "rows_to_merge"]

FREQUENCIES = {
    "1m": "history.bars_minute",
    "5m": "history.bars_minute",
    "1d": "history.bars_daily",
    "1w": "history.bars_daily",
    "1mo": "history.bars_daily",
}
"""The dataset that bars of each length are made from."""

FIVE_MINUTES = "history.bars_5_minutes"

STORED = ("1m", "1d")
"""The lengths that are given as they were loaded."""


class View(NamedTuple):
    """How bars are shown: length, adjustment, anchor, and the sessions that merging goes by (None: by the clock)."""

    freq: str = "1d"
    adjust: Adjust = "none"
    anchor: Anchor = "latest_bar"
    sessions: Sessions | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the rows are given as they were loaded."""
        return self.adjust == "none" and self.freq in STORED


def read_bars(
    lake: Lake,
    instruments: Sequence[str] = (),
    start: datetime.date | None = None,
    end: datetime.date | None = None,
    *,
    freq: str = "1d",
    adjust: Adjust = "none",
    anchor: Anchor = "latest_bar",
    known_at: int | None = None,
    columns: Sequence[str] | None = None,
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> pa.Table:
    """Bars of some symbols (all when none is named) from `start` to `end` (both included), as known at a time.

    Prices are int64 in 1e-4, times UTC. Without `order` they come by symbol and time. A dataset that nothing was loaded
    into gives no rows. `adjust` and `anchor` are those of `history.adjustment`; the answer's schema says them in its
    metadata and has a column `factor`. TallystickError for an unknown frequency or column.
    """
    view = View(freq, adjust, anchor)
    return find_bars(
        lake,
        Span(instruments, start, end),
        view,
        known_at=known_at,
        columns=columns,
        order=order,
        limit=limit,
        offset=offset,
    )[0]


def find_bars(
    lake: Lake,
    span: Span,
    view: View,
    *,
    known_at: int | None = None,
    columns: Sequence[str] | None = None,
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[pa.Table, int]:
    """A page of the bars, and how many there are in all."""
    name = _dataset_of(view.freq)
    if view.is_stored:
        found = read_rows(
            lake,
            name,
            span,
            known_at=known_at,
            columns=columns,
            order=list(order) or None,
            limit=limit,
            offset=offset,
        )
        whole = limit is None and not offset
        return found, found.num_rows if whole else count_rows(lake, name, span, known_at=known_at)
    bars = _made(lake, name, span, view, known_at)
    require_columns([*(columns or ()), *(one.removeprefix("-") for one in order)], bars.column_names)
    if order:
        directions = {True: "descending", False: "ascending"}
        bars = bars.sort_by([(one.removeprefix("-"), directions[one.startswith("-")]) for one in order])
    page = bars.slice(offset, limit)
    return page.select(list(dict.fromkeys(columns))) if columns else page, bars.num_rows


def _made(lake: Lake, name: str, span: Span, view: View, known_at: int | None) -> pa.Table:
    """Bars that are computed: adjusted, then merged. Five-minute bars that were loaded stand for those of their day."""
    from tallystick.history.asking.resample import in_day_order, resample

    if view.freq in STORED:
        return _shown(lake, name, span, view, known_at)
    bars = rows_to_merge(lake, name, span, view, known_at)
    if view.freq != "5m":
        return resample(bars, view.freq, view.sessions)
    loaded = rows_to_merge(lake, FIVE_MINUTES, span, view, known_at)
    if not loaded.num_rows:
        return resample(bars, view.freq, view.sessions)
    import pyarrow as pa

    days = loaded.select(["symbol", "date"]).group_by(["symbol", "date"]).aggregate([])
    merged = resample(bars.join(days, ["symbol", "date"], join_type="left anti"), view.freq, view.sessions)
    return in_day_order(pa.concat_tables([loaded, merged.cast(loaded.schema)]))


def rows_to_merge(lake: Lake, name: str, span: Span, view: View, known_at: int | None) -> pa.Table:
    """The rows of a dataset of bars, adjusted as the view says, without the factor, which a longer bar has not."""
    bars = _shown(lake, name, span, view, known_at)
    return bars if view.adjust == "none" else bars.drop_columns(["factor"])


def _shown(lake: Lake, name: str, span: Span, view: View, known_at: int | None) -> pa.Table:
    """The rows of a dataset of bars, adjusted as the view says."""
    from tallystick.history.asking.adjusting import adjusted

    record = schema_of(find_dataset(name).spec.record)
    wanted = [one for one in record.columns if one not in ("revision", "reason", "withdrawn")]
    bars = read_rows(lake, name, span, known_at=known_at, columns=wanted)
    return (
        bars
        if view.adjust == "none"
        else adjusted(lake, name, bars, span, view.adjust, view.anchor, known_at)
    )


def _dataset_of(freq: str) -> str:
    if freq not in FREQUENCIES:
        raise TallystickError(
            "history.frequency",
            "There are no bars of {freq}.",
            "Ask for one of {valid}.",
            freq=freq,
            valid=", ".join(FREQUENCIES),
        )
    return FREQUENCIES[freq]
