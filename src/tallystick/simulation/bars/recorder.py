"""Minute bars, auction prints and daily summaries of an exchange's own fills, street volume included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tallystick.core.time import SECOND
from tallystick.simulation.bars import kernels
from tallystick.simulation.layout import Array, bar_dtype, day_bar_dtype
from tallystick.simulation.phases import TradingPhase

__all__ = ["BarRecorder"]

MINUTE = 60 * SECOND


class BarRecorder:
    """Gathers fills into bars: half-open minutes of continuous trading, one row for each auction print.

    Args:
        instruments: instrument codes; row k of the board-lot books is `instruments[k]`.
        phases: all phases of the day; those of board lots make bars, odd lots only count volume.
    """

    def __init__(self, instruments: Array, phases: Sequence[TradingPhase]) -> None:
        assert all(len(phase.name) <= bar_dtype["phase"].itemsize for phase in phases), (
            "a bar has its name whole"
        )
        self.instruments = instruments
        self.phases = phases
        sizes = [0 if phase.lot_type != 1 else _buckets(phase) for phase in phases]
        self._first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._opens = np.array([phase.opens for phase in phases], np.int64)
        self._width = np.array([0 if phase.mode == "call" else MINUTE for phase in phases], np.int64)
        self._bars = np.zeros((len(instruments), int(self._first[-1])), bar_dtype)
        self._days = np.zeros(len(instruments), day_bar_dtype)
        self._days["instrument"] = instruments

    def record(self, fills: Array, book_phase: Array) -> None:
        """Add fills (`fill_dtype`); `book_phase` gives the phase index that each book is in."""
        kernels.record_bars(fills, book_phase, self._first, self._opens, self._width, self._bars, self._days)

    def bars(self) -> Array:
        """Bars with trades (`bar_dtype`), by instrument and time: `ts_start` included, `ts_end` excluded."""
        at, bucket = np.nonzero(self._bars["trades"])
        rows = self._bars[at, bucket]
        phase = np.searchsorted(self._first, bucket, side="right") - 1
        width = self._width[phase]
        closes = np.array([one.closes for one in self.phases], np.int64)[phase]
        rows["instrument"] = self.instruments[at]
        rows["ts_start"] = np.where(
            width > 0, self._opens[phase] + (bucket - self._first[phase]) * width, closes
        )
        rows["ts_end"] = np.where(width > 0, np.minimum(rows["ts_start"] + width, closes), closes)
        rows["phase"] = np.array([one.name for one in self.phases], "S16")[phase]
        return rows

    def days(self) -> Array:
        """One row an instrument (`day_bar_dtype`), prices 0 where there was no board-lot trade."""
        return self._days.copy()


def _buckets(phase: TradingPhase) -> int:
    """Rows that a phase can have; a periodic call also matches at its very end."""
    if phase.mode == "call":
        return 1
    return -(-(phase.closes - phase.opens) // MINUTE) + (phase.mode == "periodic")
