"""An empty firm for each test that asks; its writer process is a real one and ends with the test."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm

FIRST_DAY = datetime.date(2026, 11, 19)


def writer_pid(folder: Path) -> int | None:
    """The process that owns the firm, as its lock file says; None when none does."""
    lock = folder / "journal" / "0.lock"
    words = lock.read_text().split() if lock.exists() else []
    if not words:
        return None
    try:
        os.kill(int(words[0]), 0)
    except ProcessLookupError:
        return None
    return int(words[0])


def kill_writer(folder: Path, sign: signal.Signals = signal.SIGKILL) -> None:
    """End the writer process, without its leave by default."""
    if pid := writer_pid(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)


@pytest.fixture(name="writer_pid")
def _writer_pid() -> Callable[[Path], int | None]:
    return writer_pid


@pytest.fixture(name="kill_writer")
def _kill_writer() -> Callable[[Path], None]:
    return kill_writer


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """An empty firm whose commands bring their own time."""
    settings = Settings(firm=FirmSettings(clock="commands"))
    with Firm.create(tmp_path / "firm", first_day=FIRST_DAY, settings=settings, user="mei") as made:
        yield made
    kill_writer(tmp_path / "firm")
