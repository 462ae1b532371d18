"""A disk that is full while a firm is made: told as what it is, and the same command makes the firm whole."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.text import render
from tallystick.firm import Firm

Kill = Callable[[Path], None]
DAY = datetime.date(2026, 11, 19)
WITH_ROOM = """
import resource, sys
from tallystick.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
sys.exit(main())
"""


def tally(room_bytes: int, *words: str, language: str = "en_US.UTF-8") -> subprocess.CompletedProcess[str]:
    """The command line where no file, of it or of the writer that it starts, may grow beyond so many bytes."""
    return subprocess.run(
        [sys.executable, "-c", WITH_ROOM, str(room_bytes), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"},
    )


@pytest.mark.parametrize("room_bytes", [1, 3_000, 20_000, 200_000, 8_420_000])
def test_a_full_disk_while_a_firm_is_made_is_told_and_the_same_command_goes_on(
    tmp_path: Path, kill_writer: Kill, room_bytes: int
) -> None:
    folder = tmp_path / "firm"
    init = ("init", str(folder), "--name", "Example", "--first-day", str(DAY))
    full = tally(room_bytes, *init)
    assert full.returncode == 2, full
    assert f"tally init {folder} was stopped, as the disk is full" in full.stderr
    assert "give the same command again" in full.stderr
    kill_writer(folder)
    whole = tally(2**40, *init)
    assert whole.returncode == 0, whole.stderr
    with Firm.open(folder) as firm:
        assert firm.is_founded
        assert firm.settings.firm.name == "Example"
    kill_writer(folder)


def test_a_half_made_firm_says_at_any_command_how_to_finish_it(
    tmp_path: Path, kill_writer: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "firm"
    for stopped in ("tallystick.core.access.seed_roles", "tallystick.ledger.house_accounts"):
        monkeypatch.setattr(stopped, stop)
        with pytest.raises(KeyboardInterrupt):
            Firm.create(folder, first_day=DAY, user="mei")
        monkeypatch.undo()
        with Firm.open(folder, user="mei") as firm:
            for ask in (firm.history.datasets, firm.journal.verify, firm.ledger.accounts, firm.access.whoami):
                with pytest.raises(TallystickError) as told:
                    ask()
                assert told.value.code == "firm.half_made"
                assert f"`tally init {folder}`" in str(told.value)
                assert "尚未建立完成" in render(told.value, "zh_Hant")[0]
                assert f"`tally init {folder}`" in render(told.value, "zh_Hant")[1]
    with Firm.create(folder, first_day=DAY, user="mei") as firm:
        assert firm.history.datasets().total_rows
    kill_writer(folder)


def test_a_writer_stopped_by_a_full_disk_tells_whoever_waits(tmp_path: Path, kill_writer: Kill) -> None:
    folder = tmp_path / "firm"
    Firm.create(folder, first_day=DAY).close()
    kill_writer(folder)
    full = tally(100_000, "access", "grant", "--user", "lin", "--role", "auditor", "--firm", str(folder))
    assert "access.grant was stopped, as the disk is full" in full.stderr
    kill_writer(folder)
    chinese = tally(
        100_000,
        "access",
        "grant",
        "--user",
        "lin",
        "--role",
        "auditor",
        "--firm",
        str(folder),
        language="zh_TW.UTF-8",
    )
    assert "磁碟已滿" in chinese.stderr
    kill_writer(folder)
    assert (
        tally(
            2**40, "access", "grant", "--user", "lin", "--role", "auditor", "--firm", str(folder)
        ).returncode
        == 0
    )
    kill_writer(folder)
