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
