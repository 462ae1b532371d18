"""The door of feeding: seal business days. Asking is by `history.sql` and the doors of asking, sealed or not."""

from __future__ import annotations

import datetime

from tallystick.core.context import Context
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.disk import room_for

__all__ = ["SealRequest"]


class SealRequest(Record, frozen=True, kw_only=True):
    """The last business date to seal; every closed day that is not sealed yet when none is given."""

    date: datetime.date | None = None


@operation(
    "history.seal",
    permission="history.manage",
    summary="Move closed business days from the journal into the lake, with proof.",
    writes=True,
)
def seal(context: Context, request: SealRequest) -> Table:
    """A row for each day and table that was sealed now; none when all were sealed before."""
    from tallystick.history.feeding.sealing import SealedLine, seal_days
    from tallystick.history.requests import as_table

    with room_for("history.seal"):
        lines = seal_days(context, request.date)
    return as_table(SealedLine, lines, len(lines), translate("Sealed business days", context.language))
