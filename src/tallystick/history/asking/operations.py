"""The doors of asking: prices and other series, as known at any time."""

from __future__ import annotations

import datetime
from typing import Literal

from tallystick.core.context import Context
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.requests import known_time_of

__all__ = ["BarsRequest"]


class BarsRequest(Record, frozen=True, kw_only=True):
    """Bars of some symbols (all when none is named) from `start` to `end`, both included.

    `known_at` asks what was known then. `limit` of 0 gives all; `sort` names columns, `-` before one for descending.
    """

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    freq: Literal["1d", "1m"] = "1d"
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0
    sort: str = ""


@operation(
    "history.bars",
    permission="history.read",
    summary="Daily or minute bars of instruments, as known at any time.",
)
def bars(context: Context, request: BarsRequest) -> Table:
    """A row for each bar, prices in 1e-4 as traded; by symbol and time unless `sort` says otherwise."""
    from tallystick.history.asking.bars import count_bars, read_bars

    known_at = known_time_of(request.known_at, context.settings.firm.zone)
    span = (request.instruments, request.start, request.end)
    order = [name.strip() for name in request.sort.split(",") if name.strip()]
    found = read_bars(
        context.lake,
        *span,
        freq=request.freq,
        known_at=known_at,
        columns=request.columns,
        order=order,
        limit=request.limit or None,
        offset=max(request.offset, 0),
    )
    whole = not request.limit and not request.offset
    total = found.num_rows if whole else count_bars(context.lake, *span, request.freq, known_at)
    return Table(found, total_rows=total, title=translate("Bars", context.language))
