"""A disk that is full at any moment of correcting, sealing, compacting, archiving: told, nothing lost, gone on with."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest

from tallystick.core.day import DayClosed
from tallystick.firm import Firm
from tallystick.history import append_bars
from tallystick.ledger.events import MoveCash, RecordOpeningCash

NAME = "history.bars_daily"
FIRST = datetime.date(2026, 11, 19)
OWN_ACCOUNT = 5

KEEPER = """
import datetime, resource, sys
from tallystick.core.errors import TallystickError
from tallystick.firm import Firm

def opened():
    firm = Firm.open(sys.argv[1], user="maker")
    firm.journal.head()
    firm.history.datasets()
    return firm

firm = opened()
prices = dict.fromkeys(("open", "high", "low", "close"), 12)
row = {"symbol": "9901.XTAI", "date": datetime.date(2016, 12, 1), **prices}
steps = {
    "correct": lambda: firm.history.correct(dataset="bars_daily", files=[[row]], reason="late"),
    "seal": lambda: firm.history.seal(),
    "compact": lambda: firm.history.compact(),
    "archive": lambda: firm.history.archive(dataset="bars_daily", before=datetime.date(2020, 1, 1)),
    "expire": lambda: firm.history.expire(keep_days=0),
}
step = steps[sys.argv[2]]
for room in map(int, sys.argv[3:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        step()
        said = "done"
    except TallystickError as error:
        said = error.code
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(said, flush=True)
    if said != "done":
        firm.close()
        firm = opened()
step()
print("whole", flush=True)
firm.close()
"""
ROOM_BYTES = (1, 700, 2_000, 3_000, 4_500, 6_000, 9_000, 14_000, 40_000, 90_000)


@pytest.fixture
def firm(tmp_path, kill_writer, bars):
    """A firm with its writer in a process of its own: two years of bars in four files, a closed day of cash."""
    with Firm.create(tmp_path / "firm", first_day=FIRST, user="maker") as made:
        for month in (1, 12):
            for year in (2016, 2025):
                append_bars(made.context(), bars(datetime.date(year, month, 1), 10))
        writer = made.context().writer
        writer.decide(RecordOpeningCash, [RecordOpeningCash(account=OWN_ACCOUNT, amount=10**9)])
        moves = [MoveCash(account=OWN_ACCOUNT, amount=1 + n, bank_reference=str(n)) for n in range(3)]
        assert writer.decide(MoveCash, moves).accepted
        assert made.context().send(DayClosed(business_date=FIRST)).accepted
        yield made
    kill_writer(tmp_path / "firm")


@pytest.mark.parametrize("step", ["correct", "seal", "compact", "archive", "expire"])
def test_full_disk_is_told_and_the_same_command_goes_on(firm, step):
    lake = firm.context().lake
    before = lake.scan(NAME, order=["symbol", "date"], known_at=lake.describe(NAME).last_known_time)
    moved = lake.scan("ledger.cash_moves", order=["seq", "place"])
    ran = subprocess.run(
        [sys.executable, "-c", KEEPER, str(firm.path), step, *map(str, ROOM_BYTES)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    *said, last = ran.stdout.split()
    assert last == "whole"
    assert set(said) <= {"done", "disk.full"}
    assert "disk.full" in said or step == "expire"
    known_at = max(before["known_time"].cast("int64").to_pylist())
    assert lake.scan(NAME, order=["symbol", "date"], known_at=known_at).equals(before)
    assert lake.scan("ledger.cash_moves", order=["seq", "place"]).equals(moved)
    assert lake.describe(NAME).rows == before.num_rows + (step == "correct")
    if step == "archive":
        assert firm.history.archives().total_rows == 1
        assert firm.history.verify_archive().passed
    if step == "seal":
        assert firm.history.seal().total_rows == 0
        sealed = firm.history.loads(what="sealed", limit=0).rows()
        assert len({line["dataset"] for line in sealed}) == len(sealed) > 1
    if step == "correct":
        assert len(firm.history.loads(what="corrected").rows()) == 1
    assert firm.journal.verify().passed
