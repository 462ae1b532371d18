"""A firm's folder removed, moved or replaced while its writer still lives: that writer ends and touches nothing."""

from __future__ import annotations

import datetime
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.snapshots import SnapshotHead, code_version, write_snapshot
from tallystick.firm import Firm

Kill = Callable[[Path], None]
DAY = datetime.date(2026, 11, 19)
LONG = "a-path-longer-than-a-socket-may-have-" * 3


def wait_until_ended(pid: int | None) -> None:
    assert pid is not None
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        time.sleep(0.02)


def made(folder: Path, *grants: str) -> int:
    """Make a firm, grant roles in it, leave it; the number of its last batch."""
    with Firm.create(folder, first_day=DAY, user="mei") as firm:
        for user in grants:
            assert firm.house.writer.send(GrantRole(command_id=user, user=user, role="auditor")).accepted
        return firm.house.journal.head().seq


@pytest.mark.parametrize("name", ["a", LONG])
def test_a_firm_made_anew_at_the_path_of_a_removed_one_is_whole(
    tmp_path: Path, writer_pid: Callable[[Path], int | None], kill_writer: Kill, name: str
) -> None:
    folder = tmp_path / name
    longer = made(folder, "one", "two", "three")
    old = writer_pid(folder)
    shutil.rmtree(folder)
    shorter = made(folder)
    assert shorter < longer
    wait_until_ended(old)
    new = writer_pid(folder)
    with Firm.open(folder, user="mei") as firm:
        assert firm.house.machine("access").state.grants == {"mei": ["administrator"]}
        assert firm.house.writer.send(GrantRole(command_id="one", user="lin", role="auditor")).accepted
        assert firm.journal.verify().passed
    assert writer_pid(folder) == new, "the writer of the removed firm took the new one's socket away"
    assert [int(path.stem) for path in (folder / "journal" / "snapshots").glob("*.npz")] in (
        [],
        [shorter + 1],
    )
    kill_writer(folder)


def test_a_moved_firm_and_the_one_made_in_its_place_keep_apart(tmp_path: Path, kill_writer: Kill) -> None:
    before = made(tmp_path / "a", "one", "two")
    (tmp_path / "a").rename(tmp_path / "b")
    with Firm.open(tmp_path / "b", user="mei") as firm:
        assert (
            firm.house.writer.send(GrantRole(command_id="x", user="x", role="auditor")).position == before + 1
        )
    assert made(tmp_path / "a") == before - 2
    for name, users in (("a", {"mei"}), ("b", {"mei", "one", "two", "x"})):
        with Firm.open(tmp_path / name, user="mei") as firm:
            assert set(firm.house.machine("access").state.grants) == users
            assert firm.journal.verify().passed
        kill_writer(tmp_path / name)


def test_a_client_of_the_removed_firm_is_not_answered(tmp_path: Path, kill_writer: Kill) -> None:
    folder = tmp_path / "a"
    with Firm.create(folder, first_day=DAY, user="mei") as old:
        shutil.rmtree(folder)
        head = made(folder)
        time.sleep(1.2)
        with pytest.raises(TallystickError, match="stopped before it answered"):
            old.house.writer.send(GrantRole(command_id="late", user="late", role="auditor"))
    with Firm.open(folder, user="mei") as firm:
        assert firm.house.journal.head().seq == head
    kill_writer(folder)


def test_a_snapshot_of_another_firm_is_passed_over_and_goes(tmp_path: Path, kill_writer: Kill) -> None:
    """As earlier releases could leave one: the firm opens, and its writer removes it."""
    folder = tmp_path / "a"
    head = made(folder)
    kill_writer(folder)
    with Firm.open(folder, user="mei") as firm:
        states = firm.house.engine().snapshot()
        left = write_snapshot(firm.house.snapshots, SnapshotHead(head + 5, bytes(32), code_version()), states)
        assert firm.journal.verify().passed
        assert firm.house.writer.send(GrantRole(command_id="one", user="lin", role="auditor")).accepted
    assert not left.exists()
    kill_writer(folder)
