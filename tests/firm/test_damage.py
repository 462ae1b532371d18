"""One flipped bit: the firm opens read-only, the batch is named, and a backup puts it right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.cli import main
from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.journal import backup_day
from tallystick.firm import Firm


@pytest.fixture
def damaged(firm: Firm, tmp_path: Path, kill_writer: Callable[[Path], None]) -> tuple[Path, Path, int]:
    """A firm with one other bit in the batch before the last, a backup made before, and that batch's number."""
    seqs = [firm.house.writer.send(GrantRole(user=f"user{n}", role="auditor")).position for n in range(3)]
    day = firm.house.journal.head().day
    assert day is not None
    kill_writer(firm.path)
    firm.close()
    backup = tmp_path / "backup.sqlite"
    backup_day(firm.path / "journal", day, backup)
    file = sqlite3.connect(firm.path / "journal" / str(day) / "0.sqlite")
    (payload,) = file.execute("SELECT payload FROM batches WHERE seq = ?", (seqs[1],)).fetchone()
    flipped = bytes([payload[0], payload[1] ^ 4]) + payload[2:]
    file.execute("UPDATE batches SET payload = ? WHERE seq = ?", (flipped, seqs[1]))
    file.commit()
    file.close()
    return firm.path, backup, seqs[1]


def test_it_opens_read_only_up_to_the_damage(damaged: tuple[Path, Path, int]) -> None:
    folder, _, seq = damaged
    with Firm.open(folder, user="mei") as firm:
        grants = firm.house.machine("access").state.grants
        assert "user0" in grants
        assert "user1" not in grants
        check = firm.call("journal.check")
        assert not check.sound
        assert f"Batch {seq} " in check.damage
        with pytest.raises(TallystickError, match="repair"):
            firm.house.writer.send(GrantRole(user="late", role="auditor"))


def test_repair_takes_the_backup_and_keeps_the_damaged_file(damaged: tuple[Path, Path, int]) -> None:
    folder, backup, _ = damaged
    with pytest.raises(SystemExit) as ended:
        main(["repair", str(folder), "--day", "2026-11-19", "--backup", str(backup)])
    assert ended.value.code == 0
    assert list((folder / "journal" / "2026-11-19").glob("*.damaged*"))
    with Firm.open(folder, user="mei") as firm:
        assert firm.call("journal.verify").replay.same
        assert firm.house.writer.send(GrantRole(user="late", role="auditor")).accepted
