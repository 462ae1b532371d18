"""A data file that is gone or does not read is told with its table, partition and path by every way of asking."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Price, Record, Text, Timestamp

DAY = datetime.date(2026, 11, 20)
NAME = "doctest.rates"


class Rate(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    rate: Price
    event_time: Timestamp
    known_time: Timestamp


@pytest.fixture
def filled(tmp_path):
    with Lake(tmp_path) as lake:
        lake.create(TableSpec(NAME, Rate, ("code", "date"), ("code", "date"), ("date", "year")))
        count = 500
        dates = [DAY - datetime.timedelta(number) for number in range(count)]
        rows = {"code": ["A"] * count, "date": dates, "rate": list(range(count))}
        rows |= {"event_time": [1] * count, "known_time": [1] * count}
        lake.append(NAME, pa.table(rows))
        yield lake


def harm(lake, how):
    """Harm the file of 2026."""
    path = next(
        lake.table_folder(NAME) / file.path
        for file in lake.state(NAME).plan.files
        if file.partition == 2026 - 1970
    )
    body = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(body[:-100])
    else:
        path.write_bytes(b"\xff" * (len(body) // 2) + body[len(body) // 2 :])


ASKED = {
    "narrow": lambda lake: lake.scan(NAME, within={"code": "A"}),
    "wide": lambda lake: lake.scan(NAME),
    "count": lambda lake: lake.count(NAME, where="rate > 3"),
    "sql": lambda lake: lake.sql(f"SELECT sum(rate), max(event_time), max(code) FROM {NAME}"),
    "stream": lambda lake: lake.batches(NAME).read_all(),
    "hot": lambda lake: lake.publish_hot(),
}


@pytest.mark.parametrize("how", ["missing", "cut", "overwritten"])
@pytest.mark.parametrize("asked", ASKED)
def test_what_cannot_be_read_is_told_with_its_place_and_the_remedy(filled, how, asked):
    harm(filled, how)
    with pytest.raises(TallystickError) as told:
        ASKED[asked](filled)
    assert told.value.code == ("lake.file_missing" if how == "missing" else "lake.file_damaged")
    values = told.value.values
    assert (values["table"], values["partition"]) == (NAME, "2026")
    assert values["file"].startswith("data/2026/")
    assert "backup" in told.value.remedy
    assert not list((filled.folder / "hot").glob("*")), "a failed build leaves nothing aside"


def test_partitions_that_read_are_answered(filled):
    harm(filled, "cut")
    assert filled.scan(NAME, within={"date": (None, datetime.date(2025, 12, 31))}).num_rows == 176


def test_a_wrong_question_is_no_damage(filled):
    with pytest.raises(TallystickError, match="cannot be answered"):
        filled.sql(f"SELECT nothing FROM {NAME}")
