"""What the history room writes to the journal: that a file's rows came into the lake."""

from __future__ import annotations

from tallystick.core.events import Command, Reason, event
from tallystick.core.schema import Hash32, Text, Timestamp

__all__ = ["DatasetLoaded"]


@event(
    "history.dataset_loaded",
    reasons=(
        Reason(
            "history.loaded_before",
            "The same content is in {dataset} already.",
            "Nothing needs to be done; `tally history datasets` shows what is there.",
        ),
    ),
)
class DatasetLoaded(Command, frozen=True, kw_only=True):
    """A file's or frame's rows are in the lake: `rows` good ones, `quarantined` others, known at `known_time`.

    `source` is the file's name (or what the frame was called), `sha256` of its bytes, `duplicates` rows that were
    there already or came twice in it, `without_trade` rows that say that nothing was traded.
    """

    dataset: Text
    source: Text
    sha256: Hash32
    rows: int
    quarantined: int
    duplicates: int = 0
    without_trade: int = 0
    known_time: Timestamp
