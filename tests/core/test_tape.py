"""The tape: sealed entries come back proven; a torn tail is cut, sealed damage is told and never cut."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.core.tape import TapeDamaged, TapeReader, TapeWriter


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tape"


def segment_file(folder, dataset="prices", segment="00000001"):
    return folder / dataset / f"{segment}.tape"


def test_sealed_entries_come_back(folder):
    with TapeWriter(folder, "prices") as tape:
        assert tape.seal() is None
        for entry in (b"one", b"", b"three"):
            tape.append(entry)
        first = tape.seal()
        tape.append(b"four")
        second = tape.seal()
        assert tape.seal() is None
    assert (first.dataset, first.segment, first.first, first.count) == ("prices", "00000001", 0, 3)
    assert first.sha256 == hashlib.sha256(b"\3\0\0\0one\0\0\0\0\5\0\0\0three").digest()
    assert (second.first, second.count) == (3, 1)
    assert first.command_id != second.command_id
    reader = TapeReader(folder)
    for recorded, entries in (
        (first, [b"one", b"", b"three"]),
        (second, [b"four"]),
        (first, [b"one", b"", b"three"]),
    ):
        assert reader.read(recorded) == entries
    assert list(reader.seals("prices")) == [first, second]
    assert reader.datasets() == ["prices"]


@settings(deadline=None, max_examples=50)
@given(
    lots=st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=6), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_entries_come_back_over_any_openings(tmp_path_factory, lots, data):
    folder = tmp_path_factory.mktemp("tape")
    sealed = []
    tape = TapeWriter(folder, "logs", segment_bytes=100)
    for lot in lots:
        for entry in lot:
            tape.append(entry)
            if data.draw(st.booleans()):
                tape.close()
                tape = TapeWriter(folder, "logs", segment_bytes=100)
        sealed.append(tape.seal())
    tape.close()
    reader = TapeReader(folder)
    assert [reader.read(recorded) for recorded in sealed] == lots
    assert list(TapeReader(folder).seals("logs")) == sealed
    assert [TapeReader(folder).read(recorded) for recorded in reversed(sealed)] == lots[::-1]


def test_full_segment_is_followed_by_the_next(folder):
    with TapeWriter(folder, "prices", segment_bytes=1_000) as tape:
        sealed = []
        for number in range(10):
            tape.append(bytes([number]) * 400)
            sealed.append(tape.seal())
    assert {recorded.segment for recorded in sealed} == {"00000001", "00000002", "00000003", "00000004"}
    assert [TapeReader(folder).read(recorded)[0][0] for recorded in sealed] == list(range(10))
    with TapeWriter(folder, "prices", segment_bytes=1_000) as tape:
        assert tape.segment == sealed[-1].segment


def test_torn_tail_is_cut_and_whole_entries_stay(folder):
    with TapeWriter(folder, "prices") as tape:
        tape.append(b"sealed")
        sealed = tape.seal()
        tape.append(b"whole")
        tape.append(b"torn" * 10)
    whole = segment_file(folder).read_bytes()
    for cut in range(1, 48):
        segment_file(folder).write_bytes(whole[:-cut])
        with TapeWriter(folder, "prices") as tape:
            assert tape.unsealed == 1
            tape.append(b"later")
            after = tape.seal()
        reader = TapeReader(folder)
        assert reader.read(sealed) == [b"sealed"]
        assert reader.read(after) == [b"whole", b"later"]


def test_each_flipped_bit_of_sealed_entries_is_told_and_never_cut(folder):
    with TapeWriter(folder, "prices") as tape:
        sealed = []
        for number in range(6):
            for place in range(3):
                tape.append(f"{number} {place}".encode() * 5)
            sealed.append(tape.seal())
    whole = segment_file(folder).read_bytes()
    entries = [TapeReader(folder).read(recorded) for recorded in sealed]
    chance = random.Random(7)
    for _ in range(150):
        spoiled = bytearray(whole)
        place = chance.randrange(len(spoiled))
        spoiled[place] ^= 1 << chance.randrange(8)
        segment_file(folder).write_bytes(spoiled)
        told = 0
        reader = TapeReader(folder)
        for recorded, expected in zip(sealed, entries, strict=True):
            try:
                assert reader.read(recorded) == expected
            except TapeDamaged:
                told += 1
        with TapeWriter(folder, "prices") as tape:
            newest = tape.segment
            tape.append(b"on")
            assert TapeReader(folder).read(tape.seal())[-1] == b"on"
        if newest == "00000001":  # a flip in the last seal itself looks like a torn tail; its entries stay
            assert place >= len(whole) - 57 or not told
        else:
            assert segment_file(folder).read_bytes() == spoiled
            segment_file(folder, segment=newest).unlink()


def test_missing_segment_and_wrong_claims_are_told(folder):
    with TapeWriter(folder, "prices") as tape:
        tape.append(b"a")
        tape.append(b"b")
        recorded = tape.seal()
    reader = TapeReader(folder)
    for change in ({"count": 3}, {"count": 1}, {"first": 1}, {"sha256": bytes(32)}, {"segment": "00000009"}):
        with pytest.raises(TapeDamaged, match="Restore the segment"):
            reader.read(msgspec.structs.replace(recorded, **change))


def test_one_writer_a_dataset(folder):
    held = pytest.raises(TallystickError, match=f"held by process {os.getpid()}")
    with TapeWriter(folder, "prices"), TapeWriter(folder, "logs"), held:
        TapeWriter(folder, "prices")
    with TapeWriter(folder, "prices"):
        pass


@pytest.mark.parametrize("name", ["", "..", "a/b", "/a", "a b"])
def test_bad_name_is_refused(folder, name):
    with pytest.raises(TallystickError, match="no name for a dataset"):
        TapeWriter(folder, name)


@pytest.mark.parametrize(
    ("fails", "problem"), [("write", "Bad file descriptor"), ("sync", "Invalid argument")]
)
def test_failed_write_or_sync_ends_the_use(folder, fails, problem):
    tape = TapeWriter(folder, "prices")
    tape.append(b"a")
    ends = os.pipe()  # its reading end cannot be written, its writing end not synced
    descriptor, tape._descriptor = tape._descriptor, ends[fails == "sync"]
    with pytest.raises(OSError, match=problem):
        tape.seal()
    with pytest.raises(AssertionError, match="a write failed"):
        tape.append(b"b")
    tape.close()
    os.close(ends[fails != "sync"])
    os.close(descriptor)


COLLECTOR = """
import os, pathlib, sys
from tallystick.core.tape import TapeWriter
tape = TapeWriter(pathlib.Path(sys.argv[1]), "prices", segment_bytes=100_000)
number = 0
while True:
    for _ in range(1 + number % 40):
        tape.append(number.to_bytes(8, "little") * (1 + number % 30))
        number += 1
    sealed = tape.seal()
    os.write(1, f"{sealed.command_id} {sealed.count} {sealed.sha256.hex()}\\n".encode())
"""


def test_killed_collector_leaves_everything_sealed(folder):
    chance = random.Random(7)
    announced = []
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", COLLECTOR, str(folder)], stdout=subprocess.PIPE)
        announced += [child.stdout.readline() for _ in range(1 + chance.randrange(60))]
        child.send_signal(signal.SIGKILL)
        announced += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        reader = TapeReader(folder)
        seals = list(reader.seals("prices"))
        told = {recorded.command_id: recorded for recorded in seals}
        for line in announced:
            name, count, digest = line.decode().split()
            assert (told[name].count, told[name].sha256.hex()) == (int(count), digest)
        assert all(len(reader.read(recorded)) == recorded.count for recorded in seals)
