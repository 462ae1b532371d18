"""What the disk has when the journal says so: day files by name, connections that wait, the note of the head."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from tallystick.core.journal import Journal, JournalReader

sys.path.insert(0, str(Path(__file__).parents[1]))

from synced_files import SyncedFiles

FULL = 2


@pytest.fixture
def synced(monkeypatch):
    return SyncedFiles(monkeypatch)


def test_a_new_days_file_is_on_the_disk_before_it_has_its_name(folder, settings, house, synced, monkeypatch):
    renamed = []
    rename = Path.rename

    def note(path, target):
        renamed.append((target.name, synced.has_content(path)))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", note)
    with Journal.open(folder, settings=settings) as journal:
        journal.roll(house.days[0])
        assert renamed == [("0.sqlite", True)]
        assert synced.has_name(folder / house.days[0].isoformat())
        assert synced.has_name(folder / house.days[0].isoformat() / "0.sqlite")


@pytest.mark.parametrize("count", [1, 3])
def test_a_commit_waits_for_the_disk(journal, house, count):
    assert journal._connection.execute("PRAGMA synchronous").fetchone()[0] == FULL
    assert journal._connection.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", b"wal")
    journal.append([house.note_row(f"n{number}") for number in range(count)])
    assert not journal._connection.in_transaction


def test_another_connection_sees_an_append_at_once(journal, folder, house):
    journal.append([house.fill_row(3), house.note_row("a", "b")])
    path = folder / house.days[0].isoformat() / "0.sqlite"
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*), max(seq) FROM batches").fetchone() == (2, 2)
    other.close()


def test_each_append_is_noted_beside_the_journal(journal, folder, house):
    from tallystick.core.journal.acknowledged import read_acknowledged

    for number in range(5):
        head = journal.append([house.fill_row(2, number), house.note_row("x")])
        assert read_acknowledged(folder, 0) == (head.seq, head.day, head.hash)
    with JournalReader(folder) as reader:
        assert reader.head() == head
