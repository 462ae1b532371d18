"""Checks of what other systems tell of clients: known words, an end after the start, marks from 1 to 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tallystick.history.datasets.clients import CLIENT_CONTACTS, CONTACT_KINDS, OUTCOMES, SIDES
from tallystick.history.loading.rows import Rows

if TYPE_CHECKING:
    from tallystick.history.loading.checks import Circumstances

__all__ = ["note_closed", "note_satisfaction", "note_words"]

BEST_MARK = 5
ENDS = {"closed": "ts", "end": "start", "ended_on": "start", "valid_to": "valid_from"}
"""Columns that are not before another one."""


def note_words(rows: Rows, _: Circumstances) -> None:
    """A side, an outcome, the kind of a contact is one that the house knows; others are mapped by `[values.…]`."""
    known = {"side": SIDES, "outcome": OUTCOMES}
    if rows.dataset.name == CLIENT_CONTACTS.name:
        known["kind"] = CONTACT_KINDS
    for name, words in known.items():
        if name in rows.columns:
            column = rows.columns[name]
            right = np.array([word in words for word in column.words or []] or [True])
            rows.notes.note(~right[column.values] & ~column.missing, "history.word_unknown", name)


def note_closed(rows: Rows, _: Circumstances) -> None:
    """What ends does not end before it starts."""
    for name, start in ENDS.items():
        if name in rows.columns and start in rows.columns:
            end = rows.columns[name]
            early = (end.values < rows.columns[start].values) & ~end.missing
            rows.notes.note(early, "history.before_start", name)


def note_satisfaction(rows: Rows, _: Circumstances) -> None:
    """A mark is from 1 to 5."""
    if "satisfaction" in rows.columns:
        mark = rows.columns["satisfaction"]
        outside = ((mark.values < 1) | (mark.values > BEST_MARK)) & ~mark.missing
        rows.notes.note(outside, "history.outside_marks", "satisfaction")
