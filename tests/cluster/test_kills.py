"""Writers of a bucket with a PostgreSQL catalog, killed at random moments: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import datetime
import multiprocessing
import random
import time

import msgspec
import pyarrow as pa
import pytest

from tallystick.core.lake import Lake
from tallystick.core.lake.archiving import hash_stored, name_archive, write_archive
from tallystick.core.lake.maintenance import no_holds
from tallystick.core.settings import LakeSettings

NAME = "doctest.rates"
FIRST = datetime.date(2026, 11, 2)
ROWS_A_DAY = 4
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tallystick.core.lake.lake", "tallystick.core.lake.commit", "pg8000"])


def row(number):
    """One row; every four fill a day."""
    date = FIRST + datetime.timedelta(number // ROWS_A_DAY)
    columns = {"code": ["K"], "date": pa.array([date], pa.date32())}
    return pa.table(
        columns | {name: [number] for name in ("minute", "rate")} | {"event_time": [1], "known_time": [1]}
    )


def work(folder, settings, variables, log, first):
    """Append numbered rows with tokens; compact, seal, archive and sweep the days behind; note what was answered."""
    import os

    os.environ.update(variables)
    given = msgspec.json.decode(settings, type=LakeSettings)
    with Lake(folder, given) as lake, log.open("ab", buffering=0) as acknowledged:
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


def kill(given, log, first, lines, delay):
    """Run a writer until it acknowledged so many lines and a delay is over, then kill it."""

    def written():
        return log.read_bytes().count(b"\n") if log.exists() else 0

    before = written()
    writer = FORKS.Process(target=work, args=(*given, log, first))
    writer.start()
    while written() < before + lines:
        time.sleep(0.005)
        assert writer.is_alive()
    time.sleep(delay)
    writer.kill()
    writer.join()


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=pytest.mark.lab)])
def test_killed_writers_lose_and_double_nothing(tmp_path, settings_of, spec, kills, monkeypatch):
    import os

    settings = settings_of("both")
    names = (
        "PGPASSWORD",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_REGION",
    )
    given = tmp_path / "lake", msgspec.json.encode(settings), {name: os.environ[name] for name in names}
    seed, log = random.Random(5 + kills), tmp_path / "acknowledged"
    found, archives = [], {}
    with Lake(tmp_path / "here", settings) as lake:
        lake.create(spec)
        for _ in range(kills):
            kill(given, log, len(found), seed.randint(1, 4), seed.uniform(0, 0.3))
            lines = log.read_text().split()
            archives = dict(line.split("=") for line in lines if "=" in line)
            acknowledged = [int(line) for line in lines if "=" not in line]
            # This lake has a cache of its own: what it reads came over the bucket.
            found = sorted(lake.scan(NAME, columns=["minute"])["minute"].to_pylist())
            assert found == list(range(len(found)))
            assert max(acknowledged) < len(found) <= max(acknowledged) + 2
            assert lake.describe(NAME).rows == len(found)
            assert lake.append(NAME, row(found[-1]), token=str(found[-1])).repeated
        assert archives, "no day was archived"
        assert set(archives) <= {file.path for file in lake.state(NAME).plan.files}
        lake.compact(NAME)
        lake.maintain(keep_days=0, grace_seconds=-60, holds=no_holds)
        for path, digest in archives.items():
            assert hash_stored(lake.storage, lake.table_folder(NAME) / path) == digest
        assert sorted(lake.scan(NAME, columns=["minute"])["minute"].to_pylist()) == found
        assert lake.tables_writer.load(NAME).scan().to_arrow().num_rows == len(found)
