"""SQL: every declared dataset can be asked, the tie rule is never left open, units are kept where they are known."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.text import render
from tallystick.core.time import parse_time
from tallystick.history.asking import operations as doors
from tallystick.history.asking import questions as ask
from tallystick.history.datasets import DATASETS

SECOND = 10**9
OPENING = parse_time("2026-11-20 09:00:00", "Asia/Taipei")
LAST_QUOTE = """
    SELECT t.symbol, t.seq, q.bid
    FROM history.trades t LEFT JOIN LATERAL (
        SELECT bid FROM history.quotes q
        WHERE q.symbol = t.symbol AND q.ts <= t.ts ORDER BY q.ts DESC, q.seq DESC LIMIT 1
    ) q ON true ORDER BY t.symbol, t.ts, t.seq
"""
"""The as-of rule in SQL, as docs/explanation/as-of-join.md has it."""


@pytest.fixture
def lake(house):
    return house.lake


@pytest.fixture
def asked(context):
    def ask_sql(query, **more):
        return doors.sql(context, ask.SqlRequest(query=query, **more))

    return ask_sql


def test_a_dataset_that_nothing_was_loaded_into_has_its_columns_and_no_rows(asked, lake, closes):
    closes("A", "11-02", 1)
    for name, dataset in DATASETS.items():
        if dataset.spec.owner == "history":
            found = asked(f"SELECT * FROM {name}")
            assert found.total_rows == (name == "history.bars_daily")
            assert set(found.schema.names) == set(dataset.columns)
    joined = "SELECT b.symbol, a.kind FROM history.bars_daily b LEFT JOIN history.actions a USING (symbol)"
    assert asked(joined, known_at="2026-11-20").rows() == [{"symbol": "A", "kind": None}]
    assert asked("SELECT count(*) AS n FROM history.trades").rows() == [{"n": 0}]
    assert lake.tables() == ["history.bars_daily"], "asking makes no table"


def test_a_table_that_nothing_declares_is_refused_with_the_nearest(asked):
    with pytest.raises(NotFound, match=r"no table history\.tradez\. Did you mean history\.trades"):
        asked("SELECT * FROM history.tradez")


def test_asof_join_is_refused_and_the_stated_rule_is_the_same_in_sql(asked, context, put):
    put(
        "trades",
        1,
        *({"symbol": "A", "ts": OPENING + n * SECOND, "seq": n, "price": 1, "quantity": 1} for n in range(4)),
    )
    quotes = [
        {"symbol": "A", "ts": OPENING + n // 5 * SECOND, "seq": n * 7 % 15, "bid": n, "ask": n}
        for n in range(15)
    ]
    put("quotes", 1, *quotes)
    for join in ("ASOF JOIN", "asof left join"):
        joined = f"history.trades t {join} history.quotes q ON t.symbol = q.symbol AND t.ts >= q.ts"
        query = f"SELECT * FROM (SELECT t.ts FROM {joined})"
        with pytest.raises(TallystickError, match=r"ASOF JOIN does not say.*Ask history\.asof") as refused:
            asked(query)
        assert "ASOF JOIN 未說明" in render(refused.value, "zh_Hant")[0]
    stated = doors.asof(context, ask.AsofRequest(columns=["bid"])).arrow["bid"].to_pylist()
    assert asked(LAST_QUOTE).arrow["bid"].to_pylist() == stated


def test_columns_taken_as_they_are_keep_unit_and_time(asked, closes):
    closes("A", "11-02", 1)
    price, time = {b"unit": b"1e-4 of the currency"}, pa.timestamp("ns", "UTC")
    for query in (
        "SELECT close AS c, known_time FROM history.bars_daily",
        "SELECT b.close, c.known_time FROM history.bars_daily b JOIN history.bars_daily c USING (symbol)",
    ):
        fields = list(asked(query).schema)
        assert (fields[0].metadata, fields[1].type) == (price, time)
    whole = asked("SELECT * FROM history.bars_daily").schema
    assert (whole.field("close").metadata, whole.field("known_time").type) == (price, time)


def test_what_is_computed_is_a_bare_number(asked, closes):
    closes("A", "11-02", 1)
    for query in (
        "SELECT close * 2 AS close FROM history.bars_daily",
        "SELECT * REPLACE (close // 10000 AS close) FROM history.bars_daily",
        "SELECT close FROM (SELECT close // 10000 AS close FROM history.bars_daily)",
        "WITH b AS (SELECT 1 AS close) SELECT close FROM b",
        "SELECT volume AS close FROM history.bars_daily UNION ALL SELECT 1",
    ):
        assert "1e-4" not in str(asked(query).schema.field("close").metadata)
    fields = asked("SELECT known_time + 0 AS known_time, open AS volume FROM history.bars_daily").schema
    assert fields.field("known_time").type == pa.int64()
    assert b"1e-4" in fields.field("volume").metadata[b"unit"]


LATEST = "(SELECT symbol, max(known_time) AS known FROM history.bars_daily GROUP BY symbol)"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT max(known_time) AS x FROM history.bars_daily",
        "SELECT arg_min(known_time, close) AS x FROM history.bars_daily GROUP BY symbol",
        "SELECT first(known_time ORDER BY date) FILTER (WHERE close > 0) AS x FROM history.bars_daily",
        "SELECT lag(known_time) OVER (ORDER BY date) AS x FROM history.bars_daily",
        "SELECT max(KNOWN_TIME) OVER () AS X, * FROM history.bars_daily b",
        "SELECT coalesce(NULL, known_time) AS x FROM history.bars_daily",
        "SELECT greatest(known_time, event_time) AS x FROM history.bars_daily",
        "SELECT CASE WHEN close > 0 THEN known_time END AS x FROM history.bars_daily",
        f"SELECT known AS x FROM {LATEST}",
        f"SELECT min(known) AS x FROM {LATEST} JOIN history.bars_daily USING (symbol)",
        f"WITH y AS (SELECT * FROM {LATEST}), z AS (SELECT known AS x FROM y) SELECT x FROM z",
        "SELECT known_time AS x FROM history.bars_daily UNION SELECT event_time FROM history.bars_daily",
    ],
)
def test_times_that_are_chosen_among_a_columns_are_times(asked, closes, query):
    closes("A", "11-02", 1, 2)
    found = asked(query).arrow
    place = [name.lower() for name in found.column_names].index("x")
    assert found.schema.field(place).type == pa.timestamp("ns", "UTC")
    assert found.num_rows


@pytest.mark.parametrize(
    "query",
    [
        "SELECT max(known_time) - min(known_time) AS x FROM history.bars_daily",
        "SELECT known_time // 60000000000 AS x FROM history.bars_daily",
        "SELECT coalesce(known_time, 0) AS x FROM history.bars_daily",
        "SELECT greatest(known_time, volume) AS x FROM history.bars_daily",
        "SELECT lag(known_time, 1, 0) OVER (ORDER BY date) AS x FROM history.bars_daily",
        "SELECT CASE WHEN close > 0 THEN known_time ELSE close END AS x FROM history.bars_daily",
        "SELECT count(known_time) AS x FROM history.bars_daily",
        "SELECT known AS x FROM (SELECT known_time + 1 AS known FROM history.bars_daily)",
        "SELECT x FROM (SELECT known_time FROM history.bars_daily) AS b(x)",
        "WITH b(x) AS (SELECT known_time FROM history.bars_daily) SELECT x FROM b",
        "SELECT known_time AS x FROM history.bars_daily UNION ALL SELECT 1",
        "SELECT x FROM (SELECT known_time AS x, close AS x FROM history.bars_daily)",
        "SELECT known_time AS x FROM (SELECT * REPLACE (close AS known_time) FROM history.bars_daily)",
    ],
)
def test_what_is_not_a_columns_value_stays_a_number(asked, closes, query):
    closes("A", "11-02", 1, 2)
    assert asked(query).schema.field("x").type == pa.int64()


def test_a_highest_price_keeps_its_unit(asked, closes):
    closes("A", "11-02", 1, 2)
    fields = asked(
        "SELECT symbol, max(high) AS high, sum(high) AS sum FROM history.bars_daily GROUP BY 1"
    ).schema
    assert fields.field("high").metadata == {b"unit": b"1e-4 of the currency"}
    assert not fields.field("sum").metadata


@pytest.mark.parametrize(
    "condition",
    [
        "date_trunc('hour', known_time) > 0",
        "extract(hour FROM known_time) = 9",
        "strftime(known_time, '%H') = '09'",
        "known_time >= TIMESTAMP '2026-11-20 09:00:00'",
        "known_time BETWEEN DATE '2026-11-01' AND DATE '2026-11-30'",
        "known_time + INTERVAL 1 DAY > 0",
    ],
)
def test_a_number_that_is_taken_for_a_time_is_told_how_to_be_one(asked, closes, condition):
    closes("A", "11-02", 1)
    with pytest.raises(TallystickError) as refused:
        asked(f"SELECT * FROM history.bars_daily WHERE {condition}")
    assert "make_timestamp_ns(ts)" in render(refused.value, "en")[1]
    assert "整數奈秒" in render(refused.value, "zh_Hant")[1]
    said = "date_trunc('hour', make_timestamp_ns(known_time)) AS x, epoch_ns(TIMESTAMPTZ '2026-11-20 09:00+08') AS y"
    (row,) = asked(f"SELECT {said} FROM history.bars_daily").rows()
    assert (row["x"].year, row["y"]) == (1970, OPENING)
    with pytest.raises(TallystickError, match=r"Ask one SELECT over"):
        asked("SELECT nothing FROM history.bars_daily")
