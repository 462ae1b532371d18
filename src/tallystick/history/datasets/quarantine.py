"""The table of rows that were not loaded."""

from __future__ import annotations

from tallystick.core.lake import TableSpec
from tallystick.core.schema import Hash32, Int64, Record, Text, Timestamp

__all__ = ["QUARANTINE", "QuarantinedRow"]


class QuarantinedRow(Record, frozen=True, kw_only=True):
    """A row that was not loaded: where it stands (`row` counts as in the file, its header included), in which column,
    for which reason (a code of `history.reasons`), with the value and the whole row as it came.
    A row that was corrected and loaded since keeps its place; `released_by` is then the content that brought it.
    `cells` are the values that could be read of it by column, as a JSON object.
    """

    dataset: Text
    file: Text
    sha256: Hash32
    row: Int64
    column: Text
    reason: Text
    value: Text
    text: Text
    event_time: Timestamp
    known_time: Timestamp
    released_by: Hash32 | None = None
    cells: Text | None = None


QUARANTINE = TableSpec(
    "history.quarantine",
    QuarantinedRow,
    ("dataset", "sha256", "row"),
    ("dataset", "sha256", "row"),
    None,
    "history",
    "Quarantined rows",
)
