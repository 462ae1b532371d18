"""Other processes that write one lake: one that is killed and begun again many times, one that appends without pause.

The killed one appends, compacts, seals, archives and sweeps; each begins with what the one before it left. The tests of
local lakes and of buckets share it.
"""

from __future__ import annotations

import datetime
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa

from tallystick.core.lake import Lake
from tallystick.core.lake.archiving import hash_stored, name_archive, write_archive
from tallystick.core.lake.maintenance import no_holds
from tallystick.core.settings import LakeSettings

NAME = "doctest.rates"
FIRST = datetime.date(2026, 11, 2)
ROWS_A_DAY = 4
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tallystick.core.lake.lake", "tallystick.core.lake.commit"])


class Writer(NamedTuple):
    """A writer of a lake: its folder and settings, the environment it needs, how many answers it may give before it is
    killed, and how long after the last of them at the most.
    """

    folder: Path
    log: Path
    most_answers: int
    longest_delay: float
    settings: bytes = msgspec.json.encode(LakeSettings())
    variables: Mapping[str, str] = {}


def make_row(number):
    """One row; every four fill a day."""
    date = FIRST + datetime.timedelta(number // ROWS_A_DAY)
    columns = {"code": ["K"], "date": pa.array([date], pa.date32())}
    return pa.table(
        columns | {name: [number] for name in ("minute", "rate")} | {"event_time": [1], "known_time": [1]}
    )


def append_on(folder: Path, row: pa.Table) -> None:
    """Append a row for ever."""
    with Lake(folder) as lake:
        while True:
            lake.append(NAME, row)


def work(writer: Writer, first: int) -> None:
    """Append numbered rows with tokens, noting each acknowledged one; compact, seal and archive the days behind."""
    os.environ.update(writer.variables)
    settings = msgspec.json.decode(writer.settings, type=LakeSettings)
    with Lake(writer.folder, settings) as lake, writer.log.open("ab", buffering=0) as acknowledged:
        for number in range(first, first + 10_000):
            lake.append(NAME, make_row(number), token=str(number))
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


def kill(given: Writer, first: int, seed: random.Random) -> None:
    """Run a writer until it acknowledged so many lines and a delay is over, then kill it."""

    def written():
        return given.log.read_bytes().count(b"\n") if given.log.exists() else 0

    before, lines = written(), seed.randint(1, given.most_answers)
    writer = FORKS.Process(target=work, args=(given, first))
    writer.start()
    while written() < before + lines:
        time.sleep(0.005)
        assert writer.is_alive()
    time.sleep(seed.uniform(0, given.longest_delay))
    writer.kill()
    writer.join()


def survive(
    writer: Writer, kills: int, seed: int, opened: Callable[[], AbstractContextManager[Lake]], grace: float
) -> None:
    """Kill writers; after each one, what a reader that `opened` gives finds is what was acknowledged, once.

    At the end archived files are as they were hashed, also after a sweep with so many seconds of grace.
    """
    chance = random.Random(seed)
    found: list[int] = []
    archives: dict[str, str] = {}
    for _ in range(kills):
        kill(writer, len(found), chance)
        lines = writer.log.read_text().split()
        archives = dict(line.split("=") for line in lines if "=" in line)
        acknowledged = [int(line) for line in lines if "=" not in line]
        with opened() as lake:
            found = sorted(lake.scan(NAME, columns=["minute"])["minute"].to_pylist())
            assert found == list(range(len(found)))
            assert max(acknowledged) < len(found) <= max(acknowledged) + 2
            assert lake.describe(NAME).rows == len(found)
            assert lake.append(NAME, make_row(found[-1]), token=str(found[-1])).repeated
    assert archives, "no day was archived"
    with opened() as lake:
        assert set(archives) <= {file.path for file in lake.state(NAME).plan.files}
        lake.compact(NAME)
        lake.maintain(keep_days=0, grace_seconds=grace, holds=no_holds)
        for path, digest in archives.items():
            assert hash_stored(lake.storage, lake.table_folder(NAME) / path) == digest
        assert sorted(lake.scan(NAME, columns=["minute"])["minute"].to_pylist()) == found
        assert lake.tables_writer.load(NAME).scan().to_arrow().num_rows == len(found)
