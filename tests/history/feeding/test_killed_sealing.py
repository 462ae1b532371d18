"""kill -9 at any moment of sealing: the next try ends it, no row is lost or doubled, each day is journaled once."""

from __future__ import annotations

import contextlib
import datetime
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.lake import Lake
from tallystick.firm import Firm, business_tables
from tallystick.history import feed_lake
from tallystick.ledger.events import MoveCash, RecordOpeningCash

SEALERS = """
import os, sys
import duckdb, polars, pyarrow.parquet, pyiceberg.catalog.sql, tallystick.core.lake.commit
from tallystick.firm import Firm, business_tables
from tallystick.history import seal_days
from tallystick.history.feeding.sealing import feeds_of

def seal():
    with Firm.open(sys.argv[1], user="mei") as firm:
        context = firm.context()
        for span in feeds_of(context).unsealed():
            if span.is_closed:
                print("begins", span.date, flush=True)
                seal_days(context, span.date)
                print("sealed", span.date, flush=True)

business_tables()
for _ in sys.stdin:
    child = os.fork()
    if not child:
        seal()
        os._exit(0)
    print("child", child, flush=True)
    _, status = os.waitpid(child, 0)
    print("over", os.WTERMSIG(status), flush=True)
"""
"""Starts a sealer for each line it gets, with everything imported already."""

OWN_ACCOUNT = 5


def live(firm: Firm, days: int) -> list[datetime.date]:
    """Let the firm live some closed business days, with money moved on each."""
    context, dates = firm.context(), []
    date = firm.house.machine("day").state.business_date
    context.writer.decide(RecordOpeningCash, [RecordOpeningCash(account=OWN_ACCOUNT, amount=10**9)])
    for number in range(days):
        if number:
            date += datetime.timedelta(1)
            opened = DayOpened(business_date=date, code_version="made-up", received_at=number * 10_000)
            assert context.send(opened).accepted
        for place in range(3):
            at = number * 10_000 + place
            moved = MoveCash(account=OWN_ACCOUNT, amount=100 + at, bank_reference=str(at), received_at=at)
            assert context.send(moved).accepted
        assert context.send(DayClosed(business_date=date, received_at=number * 10_000 + 9)).accepted
        dates.append(date)
    return dates


class Sealers:
    """Processes that seal, one after the other, each to be killed."""

    def __init__(self, folder) -> None:
        self.killed = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", SEALERS, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def killed_after(self, seconds: float) -> list[str]:
        """Start one, kill it so long after it began its first day; the days whose sealing it told."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        told: list[str] = []
        _, child = self.process.stdout.readline().split()
        word, what = self.process.stdout.readline().split()
        if word == "begins":
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        while word != "over":
            word, what = self.process.stdout.readline().split()
            told += [what] if word == "sealed" else []
        self.killed += what == str(int(signal.SIGKILL))
        return told

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.mark.parametrize(
    ("kills", "days"), [(10, 9), pytest.param(500, 300, marks=pytest.mark.lab)], ids=["some", "many"]
)
def test_a_killed_sealing_is_ended_by_the_next_and_loses_or_doubles_nothing(firm, tmp_path, kills, days):
    chance = random.Random(kills)
    dates = live(firm, days)
    sealers, told = Sealers(firm.path), set()
    for _ in range(kills):
        told |= set(sealers.killed_after(chance.uniform(0, 0.5)))
        # Whatever the kill left behind, every question has its rows once.
        amounts = Counter(firm.house.lake.scan("ledger.cash_moves")["amount"].to_pylist())
        assert len(amounts) == 3 * days + 1
        assert set(amounts.values()) == {1}
        journaled = {str(fact.date) for fact in firm.house.machine("history").seals("ledger.cash_moves")}
        assert told <= journaled
    sealers.close()
    assert sealers.killed > kills // 2
    firm.history.seal()
    lake = firm.house.lake
    with Lake(tmp_path / "unsealed") as unsealed:
        feed_lake(unsealed, firm.house, business_tables())
        for table in business_tables():
            within = {"business_date": (None, dates[-1])}
            order = list(table.spec.key)
            kept = lake.scan(table.name, within=within, order=order)
            assert kept.equals(unsealed.scan(table.name, within=within, order=order))
            assert lake.scan(table.name, within=within, order=order, hot=False).num_rows == kept.num_rows
            facts = firm.house.machine("history").seals(table.name)
            filled = sorted(set(kept["business_date"].to_pylist()))
            assert [fact.date for fact in facts] == filled
            assert lake.describe(table.name).files == len(filled)
            assert sum(fact.rows for fact in facts) == lake.describe(table.name).rows
    records = [r for b in firm.house.journal.batches(kinds=["history.partition_sealed"]) for r in b.records]
    assert len({(record.dataset, record.date) for record in records}) == len(records)
