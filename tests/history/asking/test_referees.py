"""The room's answers beside those of the slow models that were written from the rule text without sight of the code."""

from __future__ import annotations

import datetime
import itertools
import sys
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from referees import adjustment_referee, asof_referee, known_at_referee, resample_referee, strategies

from tallystick.core.lake import Lake
from tallystick.core.schema import schema_of
from tallystick.history import Span, asof, read_bars, read_panel, resample
from tallystick.history.asking.adjusting import PRICES
from tallystick.history.asking.asof import asof_datasets
from tallystick.history.asking.resample import MERGED
from tallystick.history.datasets import find_dataset

CASES = [pytest.param(400, id="400"), pytest.param(4_000, id="4000", marks=pytest.mark.lab)]
IN_MEMORY = [pytest.param(500, id="500"), pytest.param(50_000, id="50000", marks=pytest.mark.lab)]
QUESTIONS = [pytest.param(150, id="150"), pytest.param(10_000, id="10000", marks=pytest.mark.lab)]


def stored(name, rows):
    """Rows of a dataset as a table, all columns."""
    schema = schema_of(find_dataset(name).spec.record).arrow
    kinds = {field.name: pa.int64() if pa.types.is_timestamp(field.type) else field.type for field in schema}
    return pa.table({one: pa.array([row.get(one) for row in rows], kind) for one, kind in kinds.items()})


class Stores:
    """Lakes of one test, each with tables of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count()

    def lake(self, **datasets):
        """A new lake with batches of rows by dataset."""
        lake = Lake(self.folder / str(next(self.numbers)))
        for name, batches in datasets.items():
            lake.create(find_dataset(name).spec)
            for rows in batches:
                lake.append(find_dataset(name).name, stored(name, rows))
        return lake


@pytest.fixture
def stores(tmp_path):
    return Stores(tmp_path)


@pytest.mark.parametrize("cases", IN_MEMORY)
def test_joins_of_tables_equal_the_referee_row_by_row(cases):
    for seed in range(cases):
        case = strategies.asof_case(strategies.seeded(seed))
        left, right = stored("trades", case["left"]), stored("quotes", case["right"])
        expected = asof_referee.asof(case["left"], case["right"], tolerance=case["tolerance"])
        numbered = right.append_column("row", pa.array(range(right.num_rows), pa.int64()))
        found = asof(left, numbered, tolerance=case["tolerance"], columns=["row"])
        assert found["row"].to_pylist() == expected, f"seed {seed}"
        assert found.select(left.column_names).equals(left), f"seed {seed}"


def test_joins_of_datasets_equal_the_referee_row_by_row(stores):
    for seed in range(12):
        case = strategies.asof_case(strategies.seeded(seed))
        with stores.lake(trades=[case["left"]], quotes=[case["right"]]) as lake:
            key = ("symbol", "date", "ts", "seq")
            sides = [known_at_referee.as_known_at(case[side], key) for side in ("left", "right")]
            sides = [sorted(side, key=lambda row: (row["symbol"], row["ts"], row["seq"])) for side in sides]
            found = asof_datasets(
                lake, "trades", "quotes", Span(), tolerance=case["tolerance"], columns=["bid"]
            )
            pairs = asof_referee.asof_rows(*sides, tolerance=case["tolerance"])
        assert found["price"].to_pylist() == [row["price"] for row, _ in pairs], f"seed {seed}"
        assert found["bid"].to_pylist() == [other and other["bid"] for _, other in pairs], f"seed {seed}"


@pytest.mark.parametrize("cases", CASES)
def test_adjusted_bars_equal_the_referee_row_by_row(stores, cases):
    made = {}
    for seed in range(cases):
        case = strategies.adjustment_case(strategies.seeded(seed))
        for row in [*case["bars"], *case["actions"]]:
            row["symbol"] = f"{seed:05d}"
        made[f"{seed:05d}"] = case
    bars, actions = (
        list(itertools.chain(*(case[name] for case in made.values()))) for name in ("bars", "actions")
    )
    times = {case["known_at"] for case in made.values()}
    with stores.lake(bars_daily=[bars], actions=[actions]) as lake:
        for adjust, anchor in itertools.product(("none", "split", "total"), ("latest_bar", "series_start")):
            for known_at in times:
                asked = {name: case for name, case in made.items() if case["known_at"] == known_at}
                compare_adjusted(lake, asked, adjust, anchor, known_at)


def compare_adjusted(lake, cases, adjust, anchor, known_at):
    names = ("date", *PRICES, "volume", "amount")
    shown = {symbol: [] for symbol in cases}
    for row in read_bars(lake, list(cases), adjust=adjust, anchor=anchor, known_at=known_at).to_pylist():
        shown[row["symbol"]].append([row[name] for name in names])
    span = Span(list(cases), start=strategies.DAY + datetime.timedelta(2))
    panel = read_panel(lake, "low", span, adjust=adjust, anchor=anchor, known_at=known_at)
    dates, compared = panel["date"].to_pylist(), 0
    for symbol, case in cases.items():
        try:
            expected = adjustment_referee.adjusted_bars(
                case["bars"], case["actions"], adjust, anchor, known_at
            )
        except ValueError:
            continue
        which = f"seed {symbol} {adjust} {anchor} {known_at}"
        assert shown[symbol] == [[whole(row[name]) for name in names] for row in expected], which
        lows = {row["date"]: whole(row["low"]) for row in expected}
        assert panel[symbol].to_pylist() == [lows.get(date) for date in dates], which
        compared += len(expected)
    assert compared


def whole(value):
    return adjustment_referee.half_up(value) if isinstance(value, Fraction) else value


class Hours:
    """The sessions of a case."""

    def __init__(self, sessions):
        self.sessions = sessions

    def class_of(self, symbol):
        return "one"

    def spans(self, key, first, last):
        return self.sessions


@pytest.mark.parametrize("cases", IN_MEMORY)
def test_merged_minutes_equal_the_referee_row_by_row(cases):
    for seed in range(cases // 2):
        case = strategies.minutes_case(strategies.seeded(seed))
        expected = resample_referee.resample_minutes(case["bars"], case["sessions"], case["minutes"])
        rows = stored("bars_minute", case["bars"])
        found = resample(rows, f"{case['minutes']}m", Hours(case["sessions"]))
        for name in ("ts_start", "ts_end", "event_time"):
            found = found.set_column(found.column_names.index(name), name, found[name].cast(pa.int64()))
        names = [
            "symbol",
            "date",
            "ts_start",
            "ts_end",
            "phase",
            *PRICES,
            *resample_referee.SUMS,
            "event_time",
            "known_time",
        ]
        assert found.select(names).to_pylist() == [{name: row[name] for name in names} for row in expected], (
            f"seed {seed}"
        )
        assert "continuous" in MERGED


@pytest.mark.parametrize("cases", IN_MEMORY)
def test_merged_days_equal_the_referee_row_by_row(cases):
    names = {
        "first_date": "first_date",
        "date": "last_date",
        "event_time": "event_time",
        "known_time": "known_time",
    }
    names |= {name: name for name in ("symbol", *PRICES, *resample_referee.SUMS)}
    for seed in range(cases // 2):
        case = strategies.days_case(strategies.seeded(seed))
        expected = resample_referee.resample_days(case["bars"], case["freq"])
        found = resample(stored("bars_daily", case["bars"]), case["freq"]).to_pylist()
        shown = [{name: row[name] for name in names} for row in found]
        assert shown == [{name: row[other] for name, other in names.items()} for row in expected], (
            f"seed {seed}"
        )


@pytest.mark.parametrize("questions", QUESTIONS)
def test_what_was_known_equals_a_replay_of_all_versions(stores, questions):
    choose = strategies.seeded(questions)
    batches = [[] for _ in range(5)]
    for seed in range(40):
        case = strategies.store_case(strategies.seeded(seed))
        for batch, rows in zip(batches, case["batches"], strict=False):
            batch.extend({**row, "symbol": f"{row['symbol']}{seed}"} for row in rows)
    rows = list(itertools.chain(*batches))
    symbols = sorted({row["symbol"] for row in rows})
    with stores.lake(bars_daily=batches[:3]) as lake:
        lake.compact("history.bars_daily")
        for batch in batches[3:]:
            lake.append("history.bars_daily", stored("bars_daily", batch))
        for number in range(questions):
            if number == questions // 2:
                lake.publish_hot()
            known_at = strategies.unless(choose, strategies.known(choose(-1, 8)) + choose(-1, 1), one_in=8)
            wanted = [strategies.one_of(choose, symbols) for _ in range(choose(1, 3))]
            first, last = (strategies.DAY + datetime.timedelta(choose(*span)) for span in ((-1, 2), (0, 3)))
            expected = [
                row
                for row in known_at_referee.as_known_at(rows, ("symbol", "date"), known_at)
                if row["symbol"] in wanted and first <= row["date"] <= last
            ]
            compare_known(lake, Span(wanted, first, last), expected, known_at, f"question {number}")


def compare_known(lake, span, expected, known_at, which):
    names = ("symbol", "date", "close", "volume")
    found = read_bars(lake, *span[:3], known_at=known_at, columns=names).to_pylist()
    assert found == [{name: row[name] for name in names} for row in expected], which
    symbol = span.symbols[0]
    panel = read_panel(lake, "volume", span, known_at=known_at)
    volumes = [volume for volume in panel[symbol].to_pylist() if volume is not None]
    assert volumes == [row["volume"] for row in expected if row["symbol"] == symbol], which
    query = f"SELECT count(*) AS n FROM history.bars_daily WHERE symbol = '{symbol}' AND date BETWEEN ? AND ?"
    counted = lake.sql(query, parameters=[span.start, span.end], known_at=known_at)["n"].to_pylist()
    assert counted == [len(volumes)], which
