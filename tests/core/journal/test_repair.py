"""Backups of a day, and putting one in the place of a damaged file."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.journal import Journal, JournalDamaged, JournalReader, backup_day, restore_day


@pytest.fixture
def backups(folder, settings, house, tmp_path):
    """Three days; a backup of each at its end, and one of the newest taken half way while it was written."""
    with Journal.open(folder, settings=settings) as journal:
        for day in house.days[:3]:
            journal.roll(day)
            journal.append([house.fill_row(300), house.note_row(str(day))])
            if day == house.days[2]:
                backup_day(folder, day, tmp_path / "half.sqlite")
            journal.append([house.fill_row(20), house.note_row("end")])
    paths = []
    for number, day in enumerate(house.days[:3]):
        paths.append(tmp_path / f"backup-{number}.sqlite")
        backup_day(folder, day, paths[-1])
    return [*paths, tmp_path / "half.sqlite"]


def contents(folder):
    with JournalReader(folder) as reader:
        return list(reader.batches())


def damage(folder, day, statement):
    connection = sqlite3.connect(folder / day.isoformat() / "0.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()
    with JournalReader(folder) as reader:
        assert reader.check().damage is not None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_backup_takes_the_place_of_a_damaged_day(folder, settings, house, backups, number):
    expected, day = contents(folder), house.days[number]
    damage(folder, day, f"UPDATE batches SET actor = 'eve' WHERE seq = {4 * number + 2}")
    with JournalReader(folder) as reader:
        with pytest.raises(JournalDamaged):
            list(reader.batches())
        kept = restore_day(folder, day, backups[number])
        assert reader.check(day=day).batches == 4
        assert list(reader.batches()) == expected  # a reader that was open all the time
    assert kept == folder / day.isoformat() / "0.sqlite.damaged"
    connection = sqlite3.connect(kept)
    assert connection.execute("SELECT count(*) FROM batches WHERE actor = 'eve'").fetchone() == (1,)
    connection.close()
    assert not list(folder.glob(".restore*"))
    with Journal.open(folder, settings=settings) as journal:
        assert journal.append([house.note_row("on")]).seq == 13


def test_damaged_files_are_kept_each(folder, house, backups):
    for name in ("0.sqlite.damaged", "0.sqlite.damaged2"):
        damage(folder, house.days[0], "DELETE FROM batches WHERE seq = 2")
        kept = restore_day(folder, house.days[0], backups[0])
        assert kept == folder / house.days[0].isoformat() / name
        assert kept.exists()


def test_older_backup_is_continued_from_the_damaged_file(folder, house, backups):
    expected = contents(folder)
    damage(folder, house.days[2], "UPDATE batches SET actor = 'eve' WHERE seq = 10")
    restore_day(folder, house.days[2], backups[3])
    assert contents(folder) == expected


def test_older_backup_with_later_damage_is_refused_unless_loss_is_accepted(folder, settings, house, backups):
    expected = contents(folder)
    damage(folder, house.days[2], "UPDATE batches SET actor = 'eve' WHERE seq = 12")
    with pytest.raises(TallystickError, match="holds batches 9 to 11") as caught:
        restore_day(folder, house.days[2], backups[3])
    assert caught.value.code == "journal.backup_does_not_fit"
    assert "--accept-loss" in str(caught.value)
    assert not (folder / house.days[2].isoformat() / "0.sqlite.damaged").exists()
    restore_day(folder, house.days[2], backups[3], accept_loss=True)
    assert contents(folder) == expected[:11]
    with Journal.open(folder, settings=settings) as journal:
        assert journal.append([house.note_row("on")]).seq == 12


def test_lost_wal_is_accepted_with_the_day_itself_as_backup(folder, settings, house):
    with Journal.open(folder, settings=settings) as journal:
        journal.roll(house.days[0])
        journal.append([house.note_row("a")])
        journal.roll(house.days[1])
        journal.append([house.note_row("lost")])
        shutil.copytree(
            folder, folder.with_name("copy"), ignore=shutil.ignore_patterns("*-wal", "*-shm", "*.lock")
        )
    copy = folder.with_name("copy")
    with pytest.raises(JournalDamaged, match="ends at batch 1, but batch 2 was written"):
        Journal.open(copy)
    own = copy / house.days[1].isoformat() / "0.sqlite"
    with pytest.raises(TallystickError, match="do not continue"):
        restore_day(copy, house.days[1], own)
    restore_day(copy, house.days[1], own, accept_loss=True)
    with Journal.open(copy, settings=settings) as journal:
        assert journal.append([house.note_row("again")]).seq == 2


def test_wal_of_the_damaged_file_is_not_applied_to_the_backup(folder, settings, house, tmp_path):
    with Journal.open(folder, settings=settings) as journal:
        journal.roll(house.days[0])
        journal.append([house.fill_row(200), house.note_row("a")])
        backup_day(folder, house.days[0], tmp_path / "backup.sqlite")
        shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    copy = tmp_path / "copy"
    wal = copy / house.days[0].isoformat() / "0.sqlite-wal"
    content = bytearray(wal.read_bytes())
    content[5_000] ^= 1
    wal.write_bytes(content)
    restore_day(copy, house.days[0], tmp_path / "backup.sqlite")
    assert len(contents(copy)) == 2
    assert not wal.exists() or wal.stat().st_size == 0
    assert wal.with_name("0.sqlite.damaged-wal").exists()


def test_lost_day_is_put_back(folder, house, backups):
    expected = contents(folder)
    shutil.rmtree(folder / house.days[1].isoformat())
    assert restore_day(folder, house.days[1], backups[1]) is None
    assert contents(folder) == expected


def test_bad_backups_are_refused_and_change_nothing(folder, house, backups, tmp_path):
    damage(folder, house.days[1], "UPDATE batches SET actor = 'eve' WHERE seq = 6")
    before = (folder / house.days[1].isoformat() / "0.sqlite").read_bytes()
    spoiled = tmp_path / "spoiled.sqlite"
    shutil.copy(backups[1], spoiled)
    connection = sqlite3.connect(spoiled)
    connection.execute("UPDATE batches SET count = 7 WHERE seq = 8")
    connection.commit()
    connection.close()
    (tmp_path / "nonsense").write_bytes(b"no database" * 1_000)
    other = tmp_path / "other"
    with Journal.open(other) as journal:
        journal.roll(house.days[0])
        for _ in range(4):
            journal.append([house.note_row("of another firm")])
        journal.roll(house.days[1])
        for _ in range(4):
            journal.append([house.note_row("of another firm")])
    strange = other / house.days[1].isoformat() / "0.sqlite"
    for backup, code in (
        (spoiled, "journal.backup_damaged"),
        (tmp_path / "nonsense", "journal.backup_damaged"),
        (backups[0], "journal.backup_damaged"),
        (tmp_path / "absent", "journal.backup_damaged"),
        (strange, "journal.backup_does_not_fit"),
    ):
        for accept_loss in (False, True):
            with pytest.raises(TallystickError) as caught:
                restore_day(folder, house.days[1], backup, accept_loss=accept_loss)
            assert caught.value.code == code, backup
    assert (folder / house.days[1].isoformat() / "0.sqlite").read_bytes() == before
    assert not list(folder.glob(".restore*"))


def test_restore_is_refused_while_a_writer_has_the_journal(journal, folder, house, tmp_path):
    backup_day(folder, house.days[0], tmp_path / "backup.sqlite")
    with pytest.raises(TallystickError, match="held by process"):
        restore_day(folder, house.days[0], tmp_path / "backup.sqlite")
