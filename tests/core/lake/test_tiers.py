"""Hot generations and files give equal answers, whatever is asked and however the rows came to be there."""

from __future__ import annotations

import datetime
import random

import pyarrow as pa
import pytest

from tallystick.core.lake import Lake, TableSpec, hotfile
from tallystick.core.lake.maintenance import purge
from tallystick.core.schema import BusinessDate, Int64, Price, Record, Text, Timestamp
from tallystick.core.settings import LakeSettings

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


def answers_alike(lake, question):
    hot, files = lake.scan("doctest.ticks", **question), lake.scan("doctest.ticks", **question, hot=False)
    assert hot.schema.equals(files.schema), question
    assert sorted(map(repr, hot.to_pylist())) == sorted(map(repr, files.to_pylist())), question


@pytest.mark.parametrize("rhythm", ["day", "month"])
@pytest.mark.parametrize("seed", range(4))
def test_hot_and_files_answer_alike(tmp_path, seed, rhythm):
    chance = random.Random(f"{seed} {rhythm}")
    with Lake(tmp_path) as lake:
        filled(lake, chance, rhythm)
        name = "doctest.ticks"
        for _ in range(40):
            question = a_question(chance)
            answers_alike(lake, question)
            columns = ["price", *KEY] if chance.random() < 0.5 else list(KEY)
            question |= {"order": [f"{chance.choice(['', '-'])}{key}" for key in KEY], "columns": columns}
            question |= {"limit": 7, "offset": 2} if chance.random() < 0.5 else {}
            assert lake.scan(name, **question).equals(lake.scan(name, **question, hot=False)), question


@pytest.mark.parametrize("limit", [100, 10])
def test_moment_of_all_codes_comes_from_the_copy_by_time(tmp_path, monkeypatch, limit):
    monkeypatch.setattr("tallystick.core.lake.hotfile.BY_TIME_LIMIT", limit)
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


@pytest.fixture
def filled_in(monkeypatch):
    """Which partitions each table of a generation was given anew, as they are made."""
    seen, rows = [], hotfile._rows

    def noted(connection, source):
        seen.append((source.layout.name, sorted({*source.files(), *source.opened})))
        return rows(connection, source)

    monkeypatch.setattr(hotfile, "_rows", noted)
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_generations_that_follow_one_another_answer_like_files(tmp_path, monkeypatch, filled_in, seed):
    """Days come and go, old ones are corrected and compacted, codes appear; copies by time and codes come and go."""
    chance = random.Random(seed)
    with Lake(tmp_path, LakeSettings(hot_days=2)) as lake:
        lake.create(spec_of("day"))
        for step in range(10):
            for limit in ("BY_TIME_LIMIT", "CODES_LIMIT"):
                monkeypatch.setattr(hotfile, limit, chance.choice([3, 25, 1_000]))
            day = min(step // 2, DAYS - 1)
            monkeypatch.setitem(globals(), "CODES", "ABCDEFGH"[: 2 + step // 2])
            lake.append("doctest.ticks", some_rows(chance, 12, days=[day]))
            if chance.random() < 0.3:
                lake.append("doctest.ticks", some_rows(chance, 4, days=[max(day - 1, 0)]))
            if chance.random() < 0.4:
                lake.compact("doctest.ticks")
            assert lake.refresh_hot() == len(filled_in) == step + 1, "made in one go from the one before"
            assert lake.hot_days("doctest.ticks") == min(day + 1, 2)
            for _ in range(12):
                answers_alike(lake, a_question(chance))


def test_a_corrected_day_stays_corrected_beside_a_clean_one(tmp_path):
    with Lake(tmp_path) as lake:
        lake.create(spec_of("day"))
        for seed in range(2):
            lake.append("doctest.ticks", some_rows(random.Random(seed), 30, days=[0]))
        lake.refresh_hot()
        lake.append("doctest.ticks", some_rows(random.Random(2), 1, days=[1]))
        lake.refresh_hot()
        answers_alike(lake, {})
        assert lake.hot_days("doctest.ticks") == 2


def test_a_new_day_costs_what_it_holds(tmp_path, filled_in):
    """Of the days that are as they were, nothing is read again; a corrected one is."""
    number = (FIRST - datetime.date(1970, 1, 1)).days
    with Lake(tmp_path, LakeSettings(hot_days=3)) as lake:
        lake.create(spec_of("day"))
        for day in range(DAYS):
            lake.append("doctest.ticks", some_rows(random.Random(day), 20, days=[day]))
            lake.refresh_hot()
        lake.append("doctest.ticks", some_rows(random.Random(9), 2, days=[3]))
        lake.refresh_hot()
        lake.publish_hot()
    given = [partitions for _, partitions in filled_in]
    assert given == [*([number + day] for day in range(DAYS)), [number + 3], []]


@pytest.mark.parametrize(
    "damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"no database")]
)
def test_without_a_readable_generation_everything_is_made_anew(tmp_path, filled_in, damage):
    with Lake(tmp_path) as lake:
        lake.create(spec_of("day"))
        lake.append("doctest.ticks", some_rows(random.Random(1), 20))
        lake.publish_hot()
    (file,) = (tmp_path / "hot").glob("*.duckdb")
    damage(file)
    with Lake(tmp_path) as lake:
        lake.publish_hot()
        answers_alike(lake, {})
    assert len(filled_in[-1][1]) == len(filled_in[0][1]) > 1


def test_columns_that_came_later_are_hot_too(tmp_path):
    with Lake(tmp_path) as lake:
        lake.create(spec_of("day"))
        lake.append("doctest.ticks", some_rows(random.Random(1), 20))
        lake.publish_hot()

        class Longer(Tick, frozen=True, kw_only=True):
            side: Text | None = None

        lake.create(TableSpec("doctest.ticks", Longer, KEY, ("code", "ts"), ("date", "day")))
        lake.publish_hot()
        assert "side" in lake.scan("doctest.ticks").column_names
        answers_alike(lake, {})


@pytest.mark.parametrize(("rows", "days"), [(1_000, 3), (45, 2), (25, 1), (5, 0)])
def test_no_more_rows_are_hot_than_are_wanted(tmp_path, rows, days):
    with Lake(tmp_path, LakeSettings(hot_rows=rows)) as lake:
        lake.create(spec_of("day"))
        for day in range(3):
            lake.append("doctest.ticks", some_rows(random.Random(day), 20, days=[day]))
        lake.refresh_hot()
        assert lake.hot_days("doctest.ticks") == days
        assert not lake.refresh_hot()
        answers_alike(lake, {})
