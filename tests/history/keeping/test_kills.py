"""A keeper killed at random moments: what was acknowledged is there, proven by the journal, and the rest goes on."""

from __future__ import annotations

import datetime
import multiprocessing
import random
import time

import pyarrow as pa
import pytest

from tallystick.firm import Firm
from tallystick.history import append_bars

NAME = "history.bars_daily"
FIRST_YEAR = 1900
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tallystick.firm", "tallystick.core.lake.commit", "tallystick.history.machine"])


def bars(year):
    """Three bars in three appends' worth of one year, of no market: no calendar says which dates are sessions."""
    days = [datetime.date(year, month, 1) for month in (1, 5, 9)]
    prices = {name: [year] * 3 for name in ("open", "high", "low", "close")}
    return pa.table({"symbol": ["9901"] * 3, "date": pa.array(days, pa.date32()), **prices})


def work(folder, log, first):
    """Year after year: append, correct, compact, archive; note what was answered."""
    with Firm.open(folder, user="maker") as firm, log.open("ab", buffering=0) as acknowledged:
        for year in range(first, first + 100):
            append_bars(firm.context(), bars(year), known_time=1, token=str(year))
            acknowledged.write(f"year {year}\n".encode())
            prices = dict.fromkeys(("open", "high", "low", "close"), year / 100)
            row = {"symbol": "9901", "date": datetime.date(year, 5, 1), **prices}
            firm.history.correct(dataset=NAME, files=[[row]], reason=f"of {year}")
            acknowledged.write(f"corrected {year}\n".encode())
            firm.history.compact()
            firm.history.archive(dataset=NAME, before=datetime.date(year + 1, 1, 1))
            acknowledged.write(f"archived {year}\n".encode())


def kill(folder, log, first, lines, delay):
    """Run a keeper until it acknowledged so many lines and a delay is over, then kill it."""

    def written():
        return log.read_bytes().count(b"\n") if log.exists() else 0

    before = written()
    keeper = FORKS.Process(target=work, args=(folder, log, first))
    keeper.start()
    while written() < before + lines:
        time.sleep(0.005)
        assert keeper.is_alive()
    time.sleep(delay)
    keeper.kill()
    keeper.join()


def answered(log, what):
    return {int(year) for said, year in map(bytes.split, log.read_bytes().splitlines()) if said == what}


FIVE_HUNDRED = [pytest.param(100, number, marks=pytest.mark.lab) for number in range(5)]
"""A hundred kills take about a century, and times begin in 1677."""


@pytest.mark.parametrize(("kills", "number"), [(10, 0), *FIVE_HUNDRED])
def test_killed_keeper_leaves_everything_provable(tmp_path, kills, number):
    seed = random.Random(11 + kills + number)
    log, folder = tmp_path / "acknowledged", tmp_path / "firm"
    with Firm.create(folder, first_day=datetime.date(2026, 11, 19), user="maker") as firm:
        for _ in range(kills):
            years = answered(log, b"year") if log.exists() else set()
            kill(folder, log, max(years, default=FIRST_YEAR), seed.randint(1, 5), seed.uniform(0, 0.2))
            rows = firm.context().lake.scan(NAME, order=["date"])
            dates = rows["date"].to_pylist()
            assert len(set(dates)) == len(dates)
            there = {date.year for date in dates}
            assert answered(log, b"year") <= there
            assert len(dates) == 3 * len(there)
            reasons = set(rows["reason"].to_pylist())
            assert {f"of {year}" for year in answered(log, b"corrected")} <= reasons
            assert firm.history.verify_archive().passed
        archived = {int(line["partition"]) for line in firm.history.archives(limit=0).rows()}
        assert answered(log, b"archived") <= archived
        corrected = [line["reason"] for line in firm.history.loads(what="corrected", limit=0).rows()]
        assert len(set(corrected)) == len(corrected), "a correction is on the journal once"
        assert firm.context().lake.describe(NAME).rows == len(dates) + len(reasons - {None})
