"""The WAL stays short while readers come and go, and nothing is lost when it starts anew."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.journal import Journal, JournalReader
from tallystick.core.journal import checkpoint as checkpointing
from tallystick.core.settings import JournalSettings

MEGABYTE = 1_048_576


def fill(journal, house, megabytes, records=4_000):
    row = house.fill_row(records)
    for _ in range(megabytes * MEGABYTE // memoryview(row.payload).nbytes):
        journal.append([row])


def test_wal_is_bounded_with_short_readers(journal, folder, house):
    stop = threading.Event()

    def read():
        with JournalReader(folder) as reader:
            while not stop.is_set():
                head = reader.head().seq
                assert all(batch.seq for batch in reader.batches(after=max(head - 3, 0)))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        fill(journal, house, 24)
    finally:
        stop.set()
        reading.join()
    assert journal.wal_bytes < 6 * MEGABYTE
    assert journal.check().damage is None


def test_single_rows_start_the_wal_anew_within_its_space(folder, house, monkeypatch):
    monkeypatch.setattr(checkpointing, "FRAMES_BYTES", MEGABYTE)
    journal = Journal.open(folder, settings=JournalSettings(wal_presize_bytes=0))
    journal.roll(house.days[0])
    row = house.fill_row(1)
    for _ in range(300):
        journal.append([row])
    assert journal.wal_bytes < 2 * MEGABYTE
    assert journal._checkpointer.pauses > 0
    assert journal.longest_checkpoint_pause_ms > 0
    assert journal.check().batches == 300
    journal.close()


def test_wal_grows_behind_a_reader_that_stays_and_starts_anew_after_it(journal, folder, house, monkeypatch):
    monkeypatch.setattr(checkpointing, "PAUSE_LIMIT_MS", 1)
    path = folder / house.days[0].isoformat() / "0.sqlite"
    fill(journal, house, 1)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    (seen,) = reader.execute("SELECT max(seq) FROM batches").fetchone()
    fill(journal, house, 6)
    grown = journal._checkpointer.wal_bytes
    assert grown > 4 * MEGABYTE
    assert reader.execute("SELECT max(seq) FROM batches").fetchone() == (seen,)
    reader.close()
    fill(journal, house, 12)
    assert journal._checkpointer.wal_bytes < grown
    assert journal.check().damage is None


def test_settings_without_space_or_limit_work(folder, house):
    with Journal.open(folder, settings=JournalSettings(wal_presize_bytes=0, checkpoint_bytes=0)) as journal:
        journal.roll(house.days[0])
        fill(journal, house, 2)
        assert journal._checkpointer.pauses > 3
        assert journal.check().damage is None


def test_space_is_made_at_opening(folder, house):
    with Journal.open(folder, settings=JournalSettings(wal_presize_bytes=4 * MEGABYTE)) as journal:
        journal.roll(house.days[0])
        assert journal.wal_bytes > 3.5 * MEGABYTE
        before = journal.wal_bytes
        journal.append([house.fill_row(100)])
        assert journal.wal_bytes == before


def test_failed_checkpoint_ends_the_use(journal, house):
    journal._checkpointer._failure = sqlite3.OperationalError("disk I/O error")
    with pytest.raises(TallystickError, match="disk I/O error"):
        journal.append([house.note_row("a")])
    with pytest.raises(TallystickError, match="stopped"):
        journal.append([house.note_row("b")])


def test_longest_pause_is_kept_over_days(folder, house, monkeypatch):
    monkeypatch.setattr(checkpointing, "FRAMES_BYTES", MEGABYTE)
    journal = Journal.open(folder, settings=JournalSettings(wal_presize_bytes=0))
    journal.roll(house.days[0])
    for _ in range(200):
        journal.append([house.fill_row(1)])
    pause = journal.longest_checkpoint_pause_ms
    journal.roll(house.days[1])
    assert journal.longest_checkpoint_pause_ms >= pause > 0
    journal.close()
