"""Who belonged to an index on a date, delisted ones included."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.errors import NotFound, suggestion
from tallystick.history.asking.rows import Span, read_rows

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

__all__ = ["read_universe"]

DATASET = "history.index_members"
NONE_LOADED = "Load the members of indices into history.index_members first."


def read_universe(lake: Lake, name: str, date: datetime.date, *, known_at: int | None = None) -> pa.Table:
    """The memberships of an index that hold on a date (both ends included), by symbol, as known at a time.

    Of a symbol the one that began last counts, as where each review tells its weight anew and ends none before.
    NotFound names the nearest index when nothing is known of this one.
    """
    known = Span(end=date)
    rows = read_rows(lake, DATASET, known, known_at=known_at, within={"index": name})
    ends = rows["valid_to"]
    inside = pc.or_kleene(pc.is_null(ends), pc.greater_equal(ends, pa.scalar(date)))
    found = rows.filter(pc.fill_null(inside, True)).sort_by(
        [("symbol", "ascending"), ("valid_from", "ascending")]
    )
    if found.num_rows:
        symbols = found["symbol"].combine_chunks()
        is_last = pc.not_equal(symbols[:-1], symbols[1:]).to_pylist()
        found = found.filter(pa.array([*is_last, True]))
    if not rows.num_rows:
        every = read_rows(lake, DATASET, Span(), known_at=known_at, columns=["index"], order=())["index"]
        names = pc.unique(every).to_pylist()
        if name not in names:
            remedy, near = suggestion(name, sorted(names)) if names else (NONE_LOADED, {})
            raise NotFound(
                "history.universe_unknown",
                "Nothing is known of an index {index}.",
                remedy,
                index=name,
                **near,
            )
    return found
