"""kill -9 of a writer at any moment: what was acknowledged is there, and nothing half."""

from __future__ import annotations

import random
import signal
import subprocess
import sys

import pytest

from tallystick.core.journal import Journal, JournalReader

WRITER = """
import datetime, os, pathlib, sys
from tallystick.core.journal import Journal, Row
from tallystick.core.settings import JournalSettings
settings = JournalSettings(wal_presize_bytes=1 << 18, checkpoint_bytes=1 << 21)
journal = Journal.open(pathlib.Path(sys.argv[1]), settings=settings)
rolls = sys.argv[2] == "rolls"
if journal.head().day is None:
    journal.roll(datetime.date(2026, 11, 20))
number = journal.head().seq
while True:
    number += 1
    size = (1, 700, 3_000)[number % 3]
    payload = number.to_bytes(8, "little") * (3 * size) + bytes(52 * size)
    head = journal.append([Row(number, "child", "test_journal.fill", 1, size, payload)] * (1 + number % 2))
    os.write(1, f"{head.seq} {head.hash.hex()}\\n".encode())
    if rolls:
        head = journal.roll(head.day + datetime.timedelta(1))
"""


@pytest.mark.parametrize("life", ["appends", "rolls"])
def test_killed_writer_leaves_every_acknowledged_batch_and_nothing_half(folder, life):
    chance = random.Random(7)
    acknowledged: dict[int, str] = {}
    for _ in range(5):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), life], stdout=subprocess.PIPE)
        lines = [child.stdout.readline()]  # alive and past opening
        with_more = chance.randrange(60 if life == "appends" else 12)
        lines += [child.stdout.readline() for _ in range(with_more)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        for line in lines:
            seq, digest = line.decode().split()
            acknowledged[int(seq)] = digest
        with JournalReader(folder) as reader:
            report = reader.check()
            assert report.damage is None
            assert report.head == reader.head()
            assert max(acknowledged) <= report.head.seq <= max(acknowledged) + 2
            batches = list(reader.batches())
            assert [batch.seq for batch in batches] == list(range(1, report.head.seq + 1))
            hashes = {batch.seq: batch.hash.hex() for batch in batches}
            assert acknowledged.items() <= hashes.items()
    with Journal.open(folder) as journal:
        assert journal.head() == report.head
