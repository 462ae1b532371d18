"""A stream is read one partition at a time: what it takes does not grow with how much there is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from tallystick.core.lake import Lake
from tallystick.history import append_bars

DAYS = 16
ROWS = 150_000
FIRST = 20_000
DAY_NS = 86_400 * 10**9

READER = """
import resource, sys
from pathlib import Path
from tallystick.core.lake import Lake
from tallystick.history import Span
from tallystick.history.asking.rows import stream_rows
from tallystick.core.schema import number_date

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

first, days = int(sys.argv[2]), int(sys.argv[3])
with Lake(Path(sys.argv[1])) as lake:
    few = Span(start=number_date(first), end=number_date(first + 1))
    sum(batch.num_rows for batch in stream_rows(lake, "trades", few))
    before, rows, size = peak(), 0, 0
    for batch in stream_rows(lake, "trades", Span()):
        rows += batch.num_rows
        size += batch.nbytes
    print(rows, size, peak() - before)
"""


@pytest.fixture
def trades(tmp_path):
    """A lake with some days of many trades each."""
    with Lake(tmp_path / "lake") as lake:
        seconds = np.arange(ROWS, dtype=np.int64)
        for number in range(FIRST, FIRST + DAYS):
            ts = number * DAY_NS + seconds * 10**8
            append_bars(
                lake,
                pa.table({
                    "symbol": pa.array(np.char.add("S", (seconds % 50).astype("U2"))),
                    "date": pa.array(np.full(ROWS, number, np.int32)).cast(pa.date32()),
                    "ts": ts, "seq": seconds, "price": ts % 977, "quantity": seconds % 7 + 1,
                }),
                dataset="trades",
            )  # fmt: skip
    return tmp_path / "lake"


def test_a_stream_takes_the_memory_of_a_part_not_of_the_whole(trades):
    done = subprocess.run(
        [sys.executable, "-c", READER, str(trades), str(FIRST), str(DAYS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows, size, grown = map(int, done.stdout.split())
    assert rows == DAYS * ROWS
    assert grown < size / 3, f"{size:,} bytes of rows took {grown:,} more"
