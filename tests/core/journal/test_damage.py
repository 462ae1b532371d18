"""Damage of every sort is found, named, and never changes silently what a reader gives."""

from __future__ import annotations

import random
import shutil
import sqlite3

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.journal import Journal, JournalDamaged, JournalReader
from tallystick.core.settings import JournalSettings

SEED = 20261120


@pytest.fixture(scope="module")
def sound(tmp_path_factory, house):
    """A closed journal of three days, the middle one with batches over several pages, and what is in it."""
    folder = tmp_path_factory.mktemp("sound") / "journal"
    with Journal.open(folder) as journal:
        for day in house.days[:3]:
            journal.roll(day)
            for number in range(4):
                journal.append([house.note_row(f"{day} {number}"), house.fill_row(40, number)])
                journal.append([house.fill_row(600 if day == house.days[1] else 1, number)])
    return folder, contents(folder)


@pytest.fixture(scope="module")
def killed(tmp_path_factory, house):
    """The files of a journal whose writer was killed: the newest batches are only in the WAL."""
    folder = tmp_path_factory.mktemp("killed")
    with Journal.open(folder / "live") as journal:
        journal.roll(house.days[0])
        journal.append([house.fill_row(30)])
        journal.roll(house.days[1])
        for number in range(8):
            journal.append([house.note_row(f"{number}"), house.fill_row(100, number)])
        shutil.copytree(folder / "live", folder / "journal", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    wal = folder / "journal" / house.days[1].isoformat() / "0.sqlite-wal"
    wal.write_bytes(wal.read_bytes()[:400_000])  # the rest is the space made at opening
    return folder / "journal", contents(folder / "journal")


def contents(folder):
    with JournalReader(folder) as reader:
        return list(reader.batches())


def copied(folder, tmp_path):
    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
    return shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.lock"))


def flip(path, place, bit):
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


def read_until_damage(give):
    """What an iterator gives, and the damage that ended it (None if it came to its end)."""
    found = []
    try:
        for one in give():
            found.append(one)
    except JournalDamaged as damage:
        return found, damage
    return found, None


def assert_nothing_is_changed(folder, expected, house):
    """Every way of reading gives what was written, or tells damage; returns the damage that the check tells."""
    with JournalReader(folder) as reader:
        damage = reader.check().damage
    with JournalReader(folder) as reader:
        found, met = read_until_damage(reader.batches)
        assert found == expected[: len(found)]
        assert (len(found) == len(expected)) if met is None else damage is not None
    with JournalReader(folder) as reader:
        notes = [batch for batch in expected if batch.kind == "test_journal.note"]
        found, met = read_until_damage(lambda: reader.batches(kinds=["test_journal.note"]))
        assert found == notes[: len(found)]
        assert (len(found) == len(notes)) if met is None else damage is not None
    with JournalReader(folder) as reader:
        try:
            assert (reader.head().seq, reader.head().hash) == (expected[-1].seq, expected[-1].hash)
            assert reader.batch(expected[-1].seq) == expected[-1]
            columns = reader.columns(house.Fill)
            assert columns.records["fill_id"].tolist() == [
                int(identity)
                for batch in expected
                if batch.kind == "test_journal.fill"
                for identity in batch.records["fill_id"]
            ]
        except JournalDamaged:
            assert damage is not None
    return damage


def assert_open_agrees(folder, expected):
    """Opening for writing goes on from the very head, or refuses with damage."""
    try:
        journal = Journal.open(folder, settings=JournalSettings(wal_presize_bytes=0))
    except JournalDamaged as damage:
        return damage
    with journal:
        assert (journal.head().seq, journal.head().hash) == (expected[-1].seq, expected[-1].hash)
    return None


def day_files(folder):
    return sorted(folder.glob("*/0.sqlite"))


def test_each_flipped_bit_is_found_or_harmless(sound, tmp_path, house):
    folder, expected = sound
    chance = random.Random(SEED)
    found = 0
    for _ in range(200):
        copy = copied(folder, tmp_path)
        path = chance.choice(day_files(copy))
        flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
        damage = assert_nothing_is_changed(copy, expected, house)
        found += damage is not None
        if damage is not None:
            assert damage.day.isoformat() in str(damage)
            assert damage.path.exists()
    assert found > 60  # the rest is slack in pages


def test_each_flipped_bit_of_content_is_found_with_its_batch(sound, tmp_path, house):
    """Bits that surely belong to a batch, found in the file by its hash, behind which its payload stands."""
    folder, expected = sound
    chance = random.Random(SEED)
    for batch in chance.sample(expected, 12):
        for place in (chance.randrange(32), 32 + chance.randrange(60)):
            copy = copied(folder, tmp_path)
            path = copy / batch.day.isoformat() / "0.sqlite"
            start = path.read_bytes().index(batch.hash + batch.payload[:60])
            flip(path, start + place, chance.randrange(8))
            damage = assert_nothing_is_changed(copy, expected, house)
            assert (damage.code, damage.day, damage.seq) == ("journal.wrong_hash", batch.day, batch.seq)
            if batch.day == expected[-1].day:
                assert assert_open_agrees(copy, expected).seq == batch.seq


def test_opening_a_flipped_newest_day_refuses_or_goes_on_from_the_head(sound, tmp_path):
    folder, expected = sound
    chance = random.Random(SEED)
    for _ in range(25):
        copy = copied(folder, tmp_path)
        path = day_files(copy)[-1]
        flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
        assert_open_agrees(copy, expected)


def test_each_flipped_bit_of_a_wal_is_found_or_harmless(killed, tmp_path, house):
    folder, expected = killed
    chance = random.Random(SEED)
    found = 0
    for number in range(100):
        copy = copied(folder, tmp_path)
        path = copy / house.days[1].isoformat() / "0.sqlite-wal"
        flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
        found += assert_nothing_is_changed(copy, expected, house) is not None
        if number % 5 == 0:
            assert_open_agrees(copy, expected)
    assert found > 50


def test_each_flipped_bit_of_the_note_is_harmless_or_told(sound, tmp_path, house):
    folder, expected = sound
    for place in range(0, 112, 3):
        copy = copied(folder, tmp_path)
        flip(copy / "0.head", place, place % 8)
        assert_nothing_is_changed(copy, expected, house)
        assert_open_agrees(copy, expected)


def test_files_cut_short_are_found(sound, tmp_path, house):
    folder, expected = sound
    chance = random.Random(SEED)
    for number in range(30):
        copy = copied(folder, tmp_path)
        path = day_files(copy)[number % 3]
        size = chance.randrange(path.stat().st_size)
        with path.open("r+b") as file:
            file.truncate(size)
        assert assert_nothing_is_changed(copy, expected, house) is not None


@pytest.mark.parametrize("size", [0, 10, 32, 20_000, 200_000, None])
def test_lost_end_of_a_wal_is_found(killed, tmp_path, house, size):
    folder, expected = killed
    copy = copied(folder, tmp_path)
    path = copy / house.days[1].isoformat() / "0.sqlite-wal"
    if size is None:
        path.unlink()
    else:
        with path.open("r+b") as file:
            file.truncate(size)
    damage = assert_nothing_is_changed(copy, expected, house)
    assert damage.code == "journal.missing_tail"
    assert assert_open_agrees(copy, expected).code == "journal.missing_tail"


def test_lost_files_are_found(sound, tmp_path, house):
    folder, expected = sound
    for lost in range(3):
        copy = copied(folder, tmp_path)
        shutil.rmtree(copy / house.days[lost].isoformat())
        assert assert_nothing_is_changed(copy, expected, house) is not None
    copy = copied(folder, tmp_path)
    for day in house.days[:3]:
        shutil.rmtree(copy / day.isoformat())
    with pytest.raises(JournalDamaged, match="ends at batch 0, but batch"):
        Journal.open(copy)


def test_journal_killed_before_its_last_note_opens_whole(killed, tmp_path):
    folder, expected = killed
    copy = copied(folder, tmp_path)
    (copy / "0.head").unlink()
    assert assert_open_agrees(copy, expected) is None


CHANGES = {
    "delete one": ("DELETE FROM batches WHERE seq = {seq}", "journal.missing_batch"),
    "delete the rest": ("DELETE FROM batches WHERE seq >= {seq}", "journal.missing_tail"),
    "actor": ("UPDATE batches SET actor = 'eve' WHERE seq = {seq}", "journal.wrong_hash"),
    "kind": ("UPDATE batches SET kind = 'test.other' WHERE seq = {seq}", "journal.wrong_hash"),
    "time": ("UPDATE batches SET recorded_at = recorded_at + 1 WHERE seq = {seq}", "journal.wrong_hash"),
    "version": ("UPDATE batches SET version = 2 WHERE seq = {seq}", "journal.wrong_hash"),
    "count": ("UPDATE batches SET count = count + 1 WHERE seq = {seq}", "journal.wrong_hash"),
    "huge count": ("UPDATE batches SET count = 1 << 60 WHERE seq = {seq}", "journal.wrong_hash"),
    "count as text": ("UPDATE batches SET count = 'x' WHERE seq = {seq}", "journal.wrong_hash"),
    "no payload": ("UPDATE batches SET payload = x'' WHERE seq = {seq}", "journal.wrong_hash"),
    "payload as number": ("UPDATE batches SET payload = 7 WHERE seq = {seq}", "journal.wrong_hash"),
    "broken text": ("UPDATE batches SET actor = CAST(x'ff' AS TEXT) WHERE seq = {seq}", "journal.wrong_hash"),
    "hash": ("UPDATE batches SET hash = zeroblob(32) WHERE seq = {seq}", "journal.wrong_hash"),
    "number": ("UPDATE batches SET seq = 1000 WHERE seq = {seq}", "journal.missing_batch"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("day", [0, 1, 2])
def test_each_change_by_hand_is_found(sound, tmp_path, house, change, day):
    folder, expected = sound
    statement, code = CHANGES[change]
    copy = copied(folder, tmp_path)
    seq = 12 * day + 6
    connection = sqlite3.connect(day_files(copy)[day])
    connection.execute(statement.format(seq=seq))
    connection.commit()
    connection.close()
    damage = assert_nothing_is_changed(copy, expected, house)
    assert (damage.code, damage.day, damage.seq) == (code, house.days[day], seq)
    if day == 2:
        assert assert_open_agrees(copy, expected).code == code


def test_what_stands_around_the_damage_can_be_read(sound, tmp_path):
    folder, expected = sound
    copy = copied(folder, tmp_path)
    connection = sqlite3.connect(day_files(copy)[1])
    connection.execute("UPDATE batches SET payload = zeroblob(length(payload)) WHERE seq = 18")
    connection.commit()
    connection.close()
    with JournalReader(copy) as reader:
        found, damage = read_until_damage(reader.batches)
        assert found == expected[:17]
        assert damage.seq == 18
        assert list(reader.batches(after=18)) == expected[18:]
        assert reader.batch(17) == expected[16]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE opening SET seq = seq + 1", "journal.broken_link"),
        ("UPDATE opening SET hash = zeroblob(32)", "journal.broken_link"),
        ("UPDATE opening SET hash = 'short'", "journal.unreadable"),
        ("UPDATE opening SET day = '2026-11-30'", "journal.unreadable"),
        ("UPDATE opening SET shard = 3", "journal.unreadable"),
        ("DELETE FROM opening", "journal.unreadable"),
        ("DROP TABLE opening", "journal.unreadable"),
        ("PRAGMA user_version = 9", "journal.wrong_format"),
    ],
)
def test_changed_opening_is_found(sound, tmp_path, house, statement, code):
    folder, expected = sound
    for day in (1, 2):
        copy = copied(folder, tmp_path)
        connection = sqlite3.connect(day_files(copy)[day])
        connection.execute(statement)
        connection.commit()
        connection.close()
        damage = assert_nothing_is_changed(copy, expected, house)
        assert (damage.code, damage.day) == (code, house.days[day])
        if day == 2:
            assert assert_open_agrees(copy, expected).code == code


def test_day_rewritten_as_a_sound_chain_does_not_fit_the_next(sound, tmp_path, house):
    """Someone who can hash rewrites the first day: only the next day's opening knows."""
    folder, expected = sound
    copy, forged = copied(folder, tmp_path), tmp_path / "forged"
    with Journal.open(forged) as journal:
        journal.roll(house.days[0])
        for _batch in expected[:12]:
            journal.append([house.note_row("nothing happened")])
    shutil.copy(day_files(forged)[0], day_files(copy)[0])
    with JournalReader(copy) as reader:
        damage = reader.check().damage
        assert (damage.code, damage.day, damage.seq) == ("journal.broken_link", house.days[0], 12)
        with pytest.raises(JournalDamaged):
            list(reader.batches())


def test_link_to_the_day_before_is_checked_at_opening(sound, tmp_path, house):
    folder, _expected = sound
    copy = copied(folder, tmp_path)
    connection = sqlite3.connect(day_files(copy)[1])
    connection.execute("UPDATE batches SET hash = zeroblob(32) WHERE seq = 24")
    connection.commit()
    connection.close()
    with pytest.raises(JournalDamaged) as caught:
        Journal.open(copy)
    assert (caught.value.code, caught.value.day, caught.value.seq) == (
        "journal.broken_link",
        house.days[1],
        24,
    )


def test_refused_opening_frees_the_lock(sound, tmp_path):
    folder, _expected = sound
    copy = copied(folder, tmp_path)
    day_files(copy)[-1].write_bytes(b"not a database, not even nearly")
    for _ in range(2):
        with pytest.raises(JournalDamaged, match=r"cannot be read.*until then it is read-only"):
            Journal.open(copy)


def test_busy_file_is_no_damage(sound, tmp_path, monkeypatch):
    folder, _expected = sound
    copy = copied(folder, tmp_path)
    monkeypatch.setattr("tallystick.core.journal.file.BUSY_SECONDS", 0.01)
    holder = sqlite3.connect(day_files(copy)[-1], isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with JournalReader(copy) as reader, pytest.raises(TallystickError) as caught:
        reader.head()
    assert caught.value.code == "journal.busy"
    holder.close()
