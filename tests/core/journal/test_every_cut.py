"""A log that was cut at any byte gives exactly its whole batches, and one with any bit flipped never another batch."""

from __future__ import annotations

import random
import shutil

import pytest

from tallystick.core.journal import Journal, JournalDamaged, JournalReader

SEED = 20_261_123
BATCHES = 12
PLACES = [pytest.param(60, id="60"), pytest.param(500, id="500", marks=pytest.mark.lab)]


@pytest.fixture(scope="module")
def killed(tmp_path_factory, house):
    """A journal whose writer was killed, all of it in the log, and how long the log was after each batch."""
    folder = tmp_path_factory.mktemp("cut")
    with Journal.open(folder / "live") as journal:
        journal.roll(house.days[0])
        for number in range(BATCHES):
            journal.append([house.fill_row(1 + number * 40, number)])
        shutil.copytree(folder / "live", folder / "journal", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    with JournalReader(folder / "journal") as reader:
        return folder / "journal", list(reader.batches())


@pytest.fixture
def log(killed, tmp_path, house):
    """Gives a fresh copy of the folder, its log, and how many of the log's bytes are written."""

    def fresh():
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(killed[0], copy)
        return copy, copy / house.days[0].isoformat() / "0.sqlite-wal"

    return fresh


def written_bytes(path, batches):
    """Where the last payload ends in the log; behind it is the space made at opening."""
    content, tail = path.read_bytes(), batches[-1].payload[-60:]
    return content.rindex(bytes(tail)) + len(tail)


def recovered(folder):
    """The batches that can be read, and whether damage is told."""
    found = []
    with JournalReader(folder) as reader:
        damaged = reader.check().damage is not None
    with JournalReader(folder) as reader:
        try:
            for batch in reader.batches():
                found.append(batch)
        except JournalDamaged:
            damaged = True
    return found, damaged


@pytest.mark.parametrize("places", PLACES)
def test_cut_at_any_byte_leaves_exactly_the_whole_batches(killed, log, places):
    expected, chance = killed[1], random.Random(SEED)
    end = written_bytes(log()[1], expected)
    counts = []
    for place in sorted(chance.sample(range(end), places)):
        folder, path = log()
        with path.open("r+b") as file:
            file.truncate(place)
        found, damaged = recovered(folder)
        assert found == expected[: len(found)], place
        assert damaged, place
        counts.append(len(found))
    assert counts == sorted(counts), "a longer log never gives less"
    assert len(set(counts)) > BATCHES / 2


@pytest.mark.parametrize("places", PLACES)
def test_every_flipped_bit_of_a_batch_is_found(killed, log, places):
    expected, chance = killed[1], random.Random(SEED)
    # A batch's hash, behind which its payload begins; a longer payload goes on elsewhere in the log.
    pieces = [batch.hash + bytes(batch.payload[:60]) for batch in expected]
    content = log()[1].read_bytes()
    for _ in range(places):
        number = chance.randrange(BATCHES)
        folder, path = log()
        start = content.rindex(pieces[number])
        place, bit = start + chance.randrange(92), chance.randrange(8)
        with path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << bit]))
        found, damaged = recovered(folder)
        assert damaged, (number, place, bit)
        assert found == expected[: len(found)]
