"""A sealed day that was falsified, damaged or lost is found; recent days are hot after sealing."""

from __future__ import annotations

import shutil

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tallystick.firm import Firm

NAME = "ledger.executions"


@pytest.fixture
def copied(traded, tmp_path):
    shutil.copytree(traded.path, tmp_path / "firm", ignore=shutil.ignore_patterns("*.sock"))
    with Firm.open(tmp_path / "firm", user=traded.user) as firm:
        yield firm


def double(file):
    """Double every quantity."""
    rows = pq.read_table(file, partitioning=None)
    place = rows.column_names.index("quantity")
    doubled = pc.multiply(rows["quantity"], 2).cast(rows.schema.field(place).type)
    pq.write_table(rows.set_column(place, rows.schema.field(place), doubled), file)


def test_sealed_days_are_as_they_were_sealed(traded):
    check = traded.history.verify_sealed()
    seals = traded.house.machine("history").seals()
    assert check.passed
    assert not check.faults
    assert not check.advice
    assert (check.partitions, check.rows) == (len(seals), sum(seal.rows for seal in seals))
    assert check.days == len({seal.date for seal in seals})
    assert check.bytes > 0
    assert check.files >= check.partitions - check.by_sums > 0
    assert check.by_sums == check.purged == 0
    assert traded.history.verify_sealed(dataset=NAME).partitions < check.partitions


def test_sealed_day_says_when_it_was_sealed_and_not_when_it_closed(copied):
    rows = copied.history.loads(what="sealed", limit=0).arrow
    written = [copied.house.journal.batch(seq).recorded_at for seq in rows["seq"].to_pylist()]
    assert rows["recorded_at"].cast("int64").to_pylist() == written
    assert all(pc.less_equal(rows["known_time"], rows["recorded_at"]).to_pylist())
    assert rows["known_time"] != rows["recorded_at"]


def test_sealed_day_says_that_nobody_has_compared_it_yet(copied):
    (copied.path / "verified.sqlite").unlink(missing_ok=True)
    assert {row["verified_at"] for row in copied.history.loads(what="sealed", limit=0).rows()} == {None}
    copied.history.verify_sealed(dataset=NAME)
    assert {
        row["dataset"] for row in copied.history.loads(what="sealed", limit=0).rows() if row["verified_at"]
    } == {NAME}


@pytest.mark.parametrize(
    ("harm", "problem"), [("doubled", "changed"), ("cut", "damaged"), ("gone", "missing")]
)
def test_one_falsified_day_is_named(copied, day, harm, problem):
    folder = copied.path / "lake" / "tables" / "ledger" / "executions" / "data" / str(day)
    (file,) = folder.glob("*.parquet")
    if harm == "doubled":
        double(file)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:-50])
    else:
        file.unlink()
    check = copied.history.verify_sealed()
    (fault,) = check.faults
    assert not check.passed
    assert "backup" in check.advice
    assert (fault.dataset, fault.business_date, fault.problem) == (NAME, day, problem)
    seen = {
        (row["dataset"], row["source"]): row for row in copied.history.loads(what="sealed", limit=0).rows()
    }
    assert seen[NAME, str(day)]["seal_problem"] == problem
    assert {row["seal_problem"] for key, row in seen.items() if key != (NAME, str(day))} == {""}
    assert all(row["verified_at"] for row in seen.values())
    assert fault.folder == f"lake/tables/ledger/executions/data/{day}"


def test_recent_days_are_hot_after_sealing_and_when_they_changed(traded, copied, day):
    assert traded.history.dataset(dataset=NAME).hot_partitions
    lake = copied.house.lake
    copied.history.seal()
    number = lake.catalog.hot_generation()
    assert number
    order = ["execution_id"]
    assert lake.scan(NAME, order=order).equals(lake.scan(NAME, order=order, hot=False))
    copied.history.seal()
    assert lake.catalog.hot_generation() == number, "nothing had changed"
    one = lake.scan("history.bars_daily", order=["-date"], limit=1)
    lake.append("history.bars_daily", one)
    assert lake.hot_days("history.bars_daily") == 0
    copied.history.seal()
    assert lake.catalog.hot_generation() == number + 1
    assert lake.hot_days("history.bars_daily") == 1
