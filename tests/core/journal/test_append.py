"""Appending, rolling, opening again; one writer; what a failure leaves."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import sys

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.journal import FIRST_HASH, Head, Journal, JournalReader, Row


def referee_hash(previous, seq, row):
    """The hash as docs/explanation/journal.md tells it, written apart from the code."""
    actor, kind, payload = row.actor.encode("utf-8"), row.kind.encode("utf-8"), bytes(row.payload)
    header = seq.to_bytes(8, "little") + struct.pack("<q", row.recorded_at)
    header += row.version.to_bytes(4, "little") + row.count.to_bytes(4, "little")
    header += len(payload).to_bytes(8, "little")
    header += len(actor).to_bytes(2, "little") + len(kind).to_bytes(2, "little") + actor + kind
    return hashlib.sha256(previous + header + payload).digest()


def test_new_journal_has_no_day(folder):
    with Journal.open(folder) as journal:
        assert journal.head() == Head(None, 0, FIRST_HASH)
        assert journal.days() == []
        assert journal.check().damage is None
        with pytest.raises(AssertionError):
            journal.append([Row(0, "ana", "test.raw", 1, 1, bytes(24))])


def test_chain_over_days_is_what_the_documentation_says(journal, house):
    rows = [house.fill_row(3), house.note_row("一", "二"), house.fill_row(1, actor="陳")]
    previous, seq = FIRST_HASH, 0
    for day in house.days[:3]:
        if day != house.days[0]:
            assert journal.roll(day) == Head(day, seq, previous)
        for row in rows:
            seq += 1
            previous = referee_hash(previous, seq, row)
            assert journal.append([row]) == Head(day, seq, previous)
    found = list(journal.batches())
    assert [(b.seq, b.day) for b in found] == [(n + 1, house.days[n // 3]) for n in range(9)]
    assert found[-1].hash == previous
    assert journal.check().head == journal.head()


def test_rows_of_one_append_are_consecutive_batches(journal, house):
    rows = [house.fill_row(2), house.note_row("a"), house.fill_row(5, 2)]
    head = journal.append(rows)
    assert head.seq == 3
    one_by_one = [referee_hash(FIRST_HASH, 1, rows[0])]
    one_by_one.append(referee_hash(one_by_one[-1], 2, rows[1]))
    one_by_one.append(referee_hash(one_by_one[-1], 3, rows[2]))
    assert [batch.hash for batch in journal.batches()] == one_by_one


def test_append_of_nothing_changes_nothing(journal, house):
    head = journal.append([house.note_row("a")])
    assert journal.append([]) == head == journal.head()


def test_open_again_continues(folder, settings, house):
    for number in range(3):
        with Journal.open(folder, settings=settings) as journal:
            if not number:
                journal.roll(house.days[0])
            assert journal.head().seq == number
            journal.append([house.fill_row(2, number)])
    with JournalReader(folder) as reader:
        assert reader.head().seq == 3
        assert [int(b.records["fill_id"][0]) for b in reader.batches()] == [0, 1, 2]


def test_roll_backwards_is_refused_and_harmless(journal, house):
    journal.append([house.note_row("a")])
    journal.roll(house.days[1])
    journal.append([house.note_row("b")])
    for day in house.days[:2]:
        with pytest.raises(TallystickError, match="cannot go from 2026-11-20") as caught:
            journal.roll(day)
        assert caught.value.code == "journal.day_backwards"
    assert journal.append([house.note_row("c")]).seq == 3


def test_roll_to_the_empty_newest_day_again_is_the_same(journal, folder, settings, house):
    """A kill after the roll and before the first append: who comes back rolls again."""
    head = journal.append([house.note_row("a")])
    rolled = journal.roll(house.days[1])
    journal.close()
    with Journal.open(folder, settings=settings) as again:
        assert again.head() == rolled == again.roll(house.days[1]) == Head(house.days[1], 1, head.hash)
        again.append([house.note_row("b")])
        with pytest.raises(TallystickError, match="cannot go"):
            again.roll(house.days[1])


def test_empty_days_pass_the_chain_on(journal, house):
    head = journal.append([house.note_row("a")])
    for day in house.days[1:4]:
        assert journal.roll(day) == Head(day, head.seq, head.hash)
    journal.append([house.note_row("b")])
    report = journal.check()
    assert (report.days, report.batches, report.damage) == (4, 2, None)


@pytest.mark.parametrize("reader_stays", [False, True])
def test_ended_day_is_one_whole_file(journal, folder, house, tmp_path, reader_stays):
    journal.append([house.fill_row(500)])
    with JournalReader(folder) as reader:
        if reader_stays:
            assert reader.head().seq == 1
        journal.roll(house.days[1])
    target = tmp_path / "copy" / house.days[0].isoformat()
    target.mkdir(parents=True)
    shutil.copy(folder / house.days[0].isoformat() / "0.sqlite", target)
    with JournalReader(tmp_path / "copy") as reader:
        assert reader.check().records == 500


@pytest.mark.parametrize("leftover", ["folder", "empty file", "half file", "whole file"])
def test_kill_during_roll_leaves_the_day_before(folder, settings, house, leftover):
    with Journal.open(folder, settings=settings) as journal:
        journal.roll(house.days[0])
        head = journal.append([house.fill_row(4)])
    half_made = folder / house.days[1].isoformat() / "0.sqlite.new"
    half_made.parent.mkdir()
    content = (folder / house.days[0].isoformat() / "0.sqlite").read_bytes()
    if leftover != "folder":
        half_made.write_bytes({"empty file": b"", "half file": content[:5_000]}.get(leftover, content))
    with Journal.open(folder, settings=settings) as journal:
        assert journal.head() == head
        assert journal.roll(house.days[1]) == Head(house.days[1], 1, head.hash)
        journal.append([house.fill_row(1)])
        assert journal.check().damage is None


def test_shards_have_chains_of_their_own(folder, settings, house):
    with Journal.open(folder, 0, settings) as first, Journal.open(folder, 1, settings) as second:
        first.roll(house.days[0])
        second.roll(house.days[0])
        first.append([house.note_row("a")])
        first.append([house.note_row("b")])
        second.append([house.note_row("c")])
        assert [journal.check().batches for journal in (first, second)] == [2, 1]


def test_second_writer_is_refused_with_the_holder(journal, folder):
    with pytest.raises(TallystickError, match="is held by process") as caught:
        Journal.open(folder)
    assert caught.value.code == "journal.locked"
    code = "import sys, pathlib; from tallystick.core.journal import Journal; Journal.open(pathlib.Path(sys.argv[1]))"
    result = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert f"is held by process {caught.value.values['holder']}" in result.stderr


def test_failed_append_tells_nothing_and_ends_the_use(journal, folder, settings, house):
    head = journal.append([house.note_row("a")])
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(TallystickError, match="full") as caught:
        journal.append([house.note_row("b"), house.fill_row(5_000), house.note_row("c")])
    assert caught.value.code == "journal.append_failed"
    assert journal.head() == head
    with pytest.raises(TallystickError, match="stopped after batch 1"):
        journal.append([house.note_row("d")])
    with pytest.raises(TallystickError, match="stopped after batch 1"):
        journal.roll(house.days[1])
    assert [batch.records[0].text for batch in JournalReader(folder).batches()] == ["a"]
    journal.close()
    with Journal.open(folder, settings=settings) as again:
        assert again.head() == head
        assert again.append([house.note_row("e")]).seq == 2


def test_bad_row_ends_the_use_before_anything_is_written(journal, house):
    with pytest.raises(AssertionError):
        journal.append([house.note_row("a"), Row(0, "ana", "test.raw", 1, 0, b"")])
    assert journal.append([house.note_row("b")]).seq == 1


def test_closed_journal_frees_the_lock_and_takes_no_more(journal, folder, house):
    journal.close()
    journal.close()
    with pytest.raises(AssertionError, match="closed"):
        journal.append([house.note_row("a")])
    with Journal.open(folder):
        pass
