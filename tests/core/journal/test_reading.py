"""Reading back: ranges, kinds, columns, while a writer appends."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from tallystick.core.errors import NotFound
from tallystick.core.journal import Journal, JournalReader, Row
from tallystick.core.progress import Recorded


@pytest.fixture
def reader(journal, folder, house):
    """Three days of six batches: fills of 1, 2, 3, … records, and after every second one a note."""
    for day in house.days[:3]:
        if day != house.days[0]:
            journal.roll(day)
        for number in range(2):
            first = 4 * (journal.head().seq // 3)
            journal.append([house.fill_row(first + 1), house.fill_row(2), house.note_row(f"{day} {number}")])
    with JournalReader(folder) as reader:
        yield reader


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, range(1, 19)),
        ({"after": 4}, range(5, 19)),
        ({"until": 7}, range(1, 8)),
        ({"after": 5, "until": 13}, range(6, 14)),
        ({"after": 6, "until": 6}, []),
        ({"after": 18}, []),
        ({"after": 99}, []),
        ({"kinds": ["test_journal.note"]}, range(3, 19, 3)),
        ({"kinds": {"test_journal.note"}, "after": 3, "until": 9}, [6, 9]),
        ({"kinds": []}, []),
        ({"kinds": ["test.unheard"]}, []),
    ],
    ids=str,
)
def test_batches_gives_the_range_in_order(reader, asked, expected):
    for _first_and_second_reading in range(2):
        assert [batch.seq for batch in reader.batches(**asked)] == list(expected)


def test_batches_of_one_day(reader, house):
    assert [batch.seq for batch in reader.batches(day=house.days[1])] == list(range(7, 13))
    assert [batch.seq for batch in reader.batches(day=house.days[1], after=10)] == [11, 12]
    assert not list(reader.batches(day=house.days[0], after=17))
    with pytest.raises(NotFound, match="no file for 2026-11-25"):
        list(reader.batches(day=house.days[6]))


def test_batch_by_number(reader, house):
    batch = reader.batch(9)
    assert (batch.seq, batch.day, batch.actor, batch.kind, batch.count) == (
        9,
        house.days[1],
        "ana",
        "test_journal.note",
        1,
    )
    assert batch.records == [house.Note(text="2026-11-20 0")]
    for seq in (0, -1, 19):
        with pytest.raises(NotFound, match="Its last is 18"):
            reader.batch(seq)


def test_first_and_last_of_a_day(reader, house):
    assert [reader.first(day).seq for day in house.days[:3]] == [0, 6, 12]
    assert [reader.last(day).seq for day in house.days[:3]] == [6, 12, 18]


def test_check_counts_and_shows_progress(reader):
    progress = Recorded()
    report = reader.check(progress=progress)
    assert (report.days, report.batches, report.head, report.damage) == (3, 18, reader.head(), None)
    assert report.records == sum(batch.count for batch in reader.batches())
    assert progress.what


def test_columns_equal_the_batches(reader, house):
    columns = reader.columns(house.Fill)
    batches = list(reader.batches(kinds=["test_journal.fill"]))
    assert np.array_equal(columns.records, np.concatenate([batch.records for batch in batches]))
    assert np.array_equal(columns.verdicts, np.concatenate([batch.verdicts for batch in batches]))
    assert columns.seqs.tolist() == [batch.seq for batch in batches for _ in range(batch.count)]
    one_day = reader.columns(house.Fill, day=house.days[1])
    assert set(one_day.seqs.tolist()) == {7, 8, 10, 11}
    assert len(reader.columns(house.Fill, day=house.days[1]).seqs) == len(one_day.seqs)


def test_columns_grow_and_old_views_stay(journal, folder, house):
    with JournalReader(folder) as reader:
        assert len(reader.columns(house.Fill).records) == 0
        views, expected = [], []
        for number in range(12):
            journal.append([house.fill_row(number + 1, 100 * number), house.note_row("x")])
            expected += [100 * number + place for place in range(number + 1)]
            views.append((reader.columns(house.Fill), list(expected)))
        for columns, ids in views:
            assert columns.records["fill_id"].tolist() == ids
            assert len(columns.seqs) == len(columns.verdicts) == len(ids)
        with pytest.raises(ValueError, match="read-only"):
            views[-1][0].records["fill_id"][0] = 7


def test_columns_of_a_general_kind_are_refused(reader, house):
    with pytest.raises(TypeError, match="is not a fixed kind"):
        reader.columns(house.Note)


def test_reader_follows_a_writer_over_days(journal, folder, house):
    with JournalReader(folder) as reader:
        for day in house.days[1:6]:
            head = journal.append([house.fill_row(2)])
            assert reader.head() == head
            journal.roll(day)
            assert reader.head() == journal.head()
            assert reader.days()[-1] == day
        assert [batch.seq for batch in reader.batches(after=2)] == [3, 4, 5]


def test_reader_sees_a_day_whose_folder_stood_there_before(journal, folder, house):
    (folder / house.days[1].isoformat()).mkdir()
    with JournalReader(folder) as reader:
        for wait_seconds in (0.0, 0.15, 0.0):
            time.sleep(wait_seconds)
            assert reader.days() == house.days[:1]
        journal.roll(house.days[1])
        assert reader.days() == house.days[:2]


def test_reading_while_writing_gives_whole_batches_in_order(journal, folder, house):
    payload = bytes(24 * 100) + bytes(100 * 52)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            row = Row(1, "gateway", "test_journal.fill", 1, 100, payload)
            journal.append([row, house.note_row("a"), row])

    writing = threading.Thread(target=write)
    writing.start()
    try:
        with JournalReader(folder) as reader:
            last = 0
            while last < 150:
                seqs = [batch.seq for batch in reader.batches(after=last)]
                assert seqs == list(range(last + 1, last + 1 + len(seqs)))
                last = seqs[-1] if seqs else last
                assert last % 3 == 0, "half a transaction was read"
                assert reader.head().seq >= last
    finally:
        stop.set()
        writing.join()


def test_many_days_keep_few_files_open(folder, settings, house):
    with Journal.open(folder, settings=settings) as journal:
        for day in house.days:
            journal.roll(day)
            journal.append([house.note_row(str(day))])
        with JournalReader(folder) as reader:
            assert len(list(reader.batches())) == len(house.days)
            assert len(reader._files) <= 8
            assert [reader.batch(seq).day for seq in (1, 10, 2, 9)] == [house.days[n] for n in (0, 9, 1, 8)]
