"""One build or run of a firm at a time: two would mix their commands in one journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tallystick.core.errors import TallystickError
from tallystick.core.journal import WriterLock

__all__ = ["alone"]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the firm's lock for builds and runs. TallystickError names the process that holds it already."""
    try:
        lock = WriterLock(folder / "run" / "simulation.lock")
    except TallystickError as held:
        raise TallystickError(
            "simulation.under_way",
            "Process {holder} is building this firm or running a day of it.",
            "Wait until it is done, or stop it: the same command then goes on from there.",
            holder=held.values["holder"],
        ) from None
    try:
        yield
    finally:
        lock.close()
