"""What tests of every room share: no deadlines, where Chromium is, an empty firm with a real writer process."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import chromium
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm

settings.register_profile("no time is asserted", deadline=None)
settings.load_profile("no time is asserted")

FIRST_DAY = datetime.date(2026, 11, 19)


def writer_pid(folder: Path) -> int | None:
    """The other process that owns the firm, as its lock file says; None when none does."""
    lock = folder / "journal" / "0.lock"
    words = lock.read_text().split() if lock.exists() else []
    if not words or int(words[0]) == os.getpid():  # a repair in this process leaves its own number
        return None
    return int(words[0]) if is_running(int(words[0])) else None


def kill_writer(folder: Path, sign: signal.Signals = signal.SIGKILL) -> None:
    """End the writer process, without its leave by default, and wait until it is gone."""
    if pid := writer_pid(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        while is_running(pid):
            time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a thread of the process runs; one that only waits to be reaped does not.

    The first thread may be gone while another still holds the socket open.
    """
    try:
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0]
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/task").exists() and is_running(pid)
    return any(state not in "ZX" for state in states)


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


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium, for `executable_path`; `make test` installs it, so a missing one is a failure."""
    path = chromium.find()
    assert path, "no Chromium on PATH: run tools/chromium.py"
    return path
