"""Progress of long work: the worker tells how far it is, the door shows it (a bar, a stream, nothing).

`step` raises `Stopped` when the person asked to stop, between two units of work, so that work can be resumed.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "Recorded", "Silent", "Stopped"]


class Stopped(Exception):
    """The person asked to stop; what was finished stays finished."""


class Progress(Protocol):
    """Where work reports to."""

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a piece of work with `total` units (unknown when None); ends the piece before."""

    def step(self, units: int = 1, note: str = "") -> None:
        """Tell that units are done. Stopped if the person asked for it."""

    def finish(self, note: str = "") -> None:
        """End the current piece of work."""


class Silent:
    """Shows nothing."""

    def start(self, what: str, total: int | None = None) -> None:
        """Ignore."""

    def step(self, units: int = 1, note: str = "") -> None:
        """Ignore."""

    def finish(self, note: str = "") -> None:
        """Ignore."""


class Recorded:
    """Keeps the last state, for a stream or a test to read."""

    def __init__(self) -> None:
        self.what = ""
        self.total: int | None = None
        self.done = 0
        self.note = ""
        self.stop_asked = False

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a piece of work."""
        self.what, self.total, self.done, self.note = what, total, 0, ""

    def step(self, units: int = 1, note: str = "") -> None:
        """Count units done."""
        if self.stop_asked:
            raise Stopped(self.what)
        self.done += units
        self.note = note or self.note

    def finish(self, note: str = "") -> None:
        """Keep the closing note."""
        self.note = note or self.note
