"""Killed at random moments of append, compaction, sealing, archiving, maintenance: no acknowledged row lost or doubled.

One lake goes through all kills, so that each writer begins with what the one before it left.
"""

from __future__ import annotations

import datetime
import multiprocessing
import random
import time

import pyarrow as pa
import pytest

from tallystick.core.lake import Lake
from tallystick.core.lake.archiving import hash_file, name_archive, write_archive
from tallystick.core.lake.maintenance import no_holds

FIRST = datetime.date(2026, 11, 2)
NAME = "doctest.rates"
ROWS_A_DAY = 4
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tallystick.core.lake.lake", "tallystick.core.lake.commit"])


def row(number):
    """One row; every four fill a day."""
    date = FIRST + datetime.timedelta(number // ROWS_A_DAY)
    columns = {"code": ["K"], "date": pa.array([date], pa.date32())}
    return pa.table(
        columns | {name: [number] for name in ("minute", "rate")} | {"event_time": [1], "known_time": [1]}
    )


def work(folder, log, first):
    """Append numbered rows with tokens, noting each acknowledged one; compact, seal and archive the days behind."""
    with Lake(folder) as lake, log.open("ab", buffering=0) as acknowledged:
        for number in range(first, first + 10_000):
            lake.append(NAME, row(number), token=str(number))
            acknowledged.write(f"{number}\n".encode())
            day = FIRST + datetime.timedelta(number // ROWS_A_DAY - 1)
            step = number % ROWS_A_DAY
            if step == 0:
                lake.maintain(keep_days=0, grace_seconds=600, holds=no_holds)
            elif step == 1:
                lake.compact(NAME)
            elif step == 2 and day >= FIRST:
                lake.seal(day)
            elif day >= FIRST and (archive := write_archive(lake, NAME, day)):
                assert name_archive(lake, archive)
                (file,) = archive.manifest.files
                acknowledged.write(f"{file.path}={file.sha256}\n".encode())


def kill(folder, log, first, lines, delay):
    """Run a writer until it acknowledged so many lines and a delay is over, then kill it."""

    def written():
        return log.read_bytes().count(b"\n") if log.exists() else 0

    before = written()
    writer = FORKS.Process(target=work, args=(folder, log, first))
    writer.start()
    while written() < before + lines:
        time.sleep(0.005)
        assert writer.is_alive()
    time.sleep(delay)
    writer.kill()
    writer.join()


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=pytest.mark.lab)])
def test_killed_writers_lose_and_double_nothing(lake, tmp_path, kills):
    lake.close()
    seed = random.Random(7 + kills)
    log = tmp_path / "acknowledged"
    found, archives = [], {}
    for _ in range(kills):
        kill(lake.folder, log, len(found), seed.randint(1, 5), seed.uniform(0, 0.15))
        lines = log.read_text().split()
        archives = dict(line.split("=") for line in lines if "=" in line)
        acknowledged = [int(line) for line in lines if "=" not in line]
        with Lake(lake.folder) as opened:
            found = sorted(opened.scan(NAME, columns=["minute"])["minute"].to_pylist())
            assert found == list(range(len(found)))
            assert max(acknowledged) < len(found) <= max(acknowledged) + 2
            assert opened.describe(NAME).rows == len(found)
            assert opened.append(NAME, row(found[-1]), token=str(found[-1])).repeated
    with Lake(lake.folder) as opened:
        assert set(archives) <= {file.path for file in opened.state(NAME).plan.files}
        opened.compact(NAME)
        opened.maintain(keep_days=0, grace_seconds=-1, holds=no_holds)
        for path, digest in archives.items():
            assert hash_file(opened.table_folder(NAME) / path) == digest
        assert sorted(opened.scan(NAME, columns=["minute"])["minute"].to_pylist()) == found
        assert opened.tables_writer.load(NAME).scan().to_arrow().num_rows == len(found)
    assert archives, "no day was archived"
