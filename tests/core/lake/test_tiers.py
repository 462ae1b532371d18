"""Hot generations and files give equal answers, whatever is asked and however the rows came to be there."""

from __future__ import annotations

import datetime
import random

import pyarrow as pa
import pytest

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.lake.maintenance import purge
from tallystick.core.schema import BusinessDate, Int64, Price, Record, Text, Timestamp

FIRST = datetime.date(2026, 11, 28)
DAYS, CODES, TIMES, LAST_KNOWN = 5, "ABCD", 4, 9
MINUTE = 60_000_000_000


class Tick(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    ts: Timestamp
    seq: Int64
    price: Price
    note: Text | None = None
    event_time: Timestamp
    known_time: Timestamp


KEY = ("code", "date", "ts", "seq")


def spec_of(rhythm):
    return TableSpec("doctest.ticks", Tick, KEY, ("code", "ts"), ("date", rhythm))


def moment(day, time):
    return ((FIRST - datetime.date(1970, 1, 1)).days + day) * 1_440 * MINUTE + time * MINUTE


def some_rows(chance, count, days=range(DAYS)):
    keys = [
        (chance.choice(CODES), chance.choice(days), chance.randrange(TIMES), chance.randrange(2))
        for _ in range(count)
    ]
    known = [chance.randrange(1, LAST_KNOWN) for _ in keys]
    return pa.table(
        {
            "code": [code for code, *_ in keys],
            "date": pa.array([FIRST + datetime.timedelta(day) for _, day, *_ in keys]),
            "ts": [moment(day, time) for _, day, time, _ in keys],
            "seq": [seq for *_, seq in keys],
            "price": [chance.randrange(100) for _ in keys],
            "note": [chance.choice(["a", "b", None]) for _ in keys],
            "event_time": known,
            "known_time": known,
        }
    )  # fmt: skip


def filled(lake, chance, rhythm):
    """A table with repeated keys, clean days, a generation, and changes that it does not know of."""
    spec = spec_of(rhythm)
    lake.create(spec)
    for _ in range(3):
        lake.append(spec.name, some_rows(chance, 25))
    lake.compact(spec.name)
    if chance.random() < 0.7:
        lake.publish_hot()
    if chance.random() < 0.5:
        lake.append(spec.name, some_rows(chance, 6, days=[1]))
    if chance.random() < 0.5:
        purge(lake, spec.name, FIRST + datetime.timedelta(2))
        lake.append(spec.name, some_rows(chance, 6, days=[2] if rhythm == "day" else [0, 2]))
    if chance.random() < 0.3:
        lake.publish_hot()


def a_question(chance):
    """Arguments of a scan: conditions of every shape on some key columns, and the rest at will."""
    day = FIRST + datetime.timedelta(chance.randrange(DAYS))
    low, high = sorted(moment(chance.randrange(DAYS), chance.randrange(TIMES)) for _ in range(2))
    shapes = {
        "code": ["A", ["B", "C"], ["A", "none"], ("B", "C"), (None, "B")],
        "date": [day, (day, day + datetime.timedelta(1)), (None, day)],
        "ts": [low, [low, high], (low, high), (low, None)],
        "seq": [1, (0, 0)],
    }
    chosen = [name for name in shapes if chance.random() < 0.4]
    question = {"within": {name: chance.choice(shapes[name]) for name in chosen}}
    if chance.random() < 0.5:
        question["known_at"] = chance.randrange(LAST_KNOWN + 1)
    if chance.random() < 0.3:
        question |= {"where": "price >= ?", "parameters": [chance.randrange(60)]}
    if chance.random() < 0.5:
        question["columns"] = chance.sample(["code", "price", "note", "ts", "known_time"], 3)
    return question


@pytest.mark.parametrize("rhythm", ["day", "month"])
@pytest.mark.parametrize("seed", range(4))
def test_hot_and_files_answer_alike(tmp_path, seed, rhythm):
    chance = random.Random(f"{seed} {rhythm}")
    with Lake(tmp_path) as lake:
        filled(lake, chance, rhythm)
        name = "doctest.ticks"
        for _ in range(40):
            question = a_question(chance)
            hot, files = lake.scan(name, **question), lake.scan(name, **question, hot=False)
            assert hot.schema.equals(files.schema), question
            assert sorted(map(repr, hot.to_pylist())) == sorted(map(repr, files.to_pylist())), question
            columns = ["price", *KEY] if chance.random() < 0.5 else list(KEY)
            question |= {"order": [f"{chance.choice(['', '-'])}{key}" for key in KEY], "columns": columns}
            question |= {"limit": 7, "offset": 2} if chance.random() < 0.5 else {}
            assert lake.scan(name, **question).equals(lake.scan(name, **question, hot=False)), question


@pytest.mark.parametrize("limit", [100, 10])
def test_moment_of_all_codes_comes_from_the_copy_by_time(tmp_path, monkeypatch, limit):
    monkeypatch.setattr("tallystick.core.lake.hot.BY_TIME_LIMIT", limit)
    with Lake(tmp_path) as lake:
        lake.create(spec_of("day"))
        lake.append("doctest.ticks", some_rows(random.Random(1), 60))
        lake.publish_hot()
        asked = []
        arrow = lake.engine.arrow
        lake.engine.arrow = lambda text, values: asked.append(text) or arrow(text, values)
        lake.scan("doctest.ticks", within={"ts": moment(1, 1)})
        lake.scan("doctest.ticks", within={"ts": (moment(1, 0), moment(1, 2))})
        lake.scan("doctest.ticks", within={"ts": (moment(1, 0), None)})
        lake.scan("doctest.ticks", within={"ts": moment(1, 1), "code": "A"})
        lake.scan("doctest.ticks", within={"date": FIRST})
    by_time = limit == 100
    assert ["#by_time" in text for text in asked] == [by_time, by_time, False, False, False]
