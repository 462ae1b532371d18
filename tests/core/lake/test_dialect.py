"""What of a query the cluster would answer otherwise is seen before it is asked."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import dialect, sums

LARGEST = {"code": 0.0, "rate": 1e6, "volume": 1e9, "price": 0.0}


def read(lake, query):
    return dialect.parsed(lake, query)


def translated(lake, query):
    return dialect.translated(read(lake, query), query)


def test_a_plain_query_stays_as_it_is(lake):
    query = "SELECT code, sum(rate) FROM doctest.rates WHERE code IN ('a') GROUP BY code ORDER BY code"
    assert translated(lake, query) == query


def test_descending_orders_say_where_empty_values_go(lake):
    query = (
        "SELECT '湖 desc' AS 名, rank() OVER (ORDER BY a desc, b) AS r FROM doctest.rates "
        "ORDER BY 名 DESC, r DESC NULLS FIRST"
    )
    expected = query.replace("a desc", "a desc NULLS LAST").replace("名 DESC", "名 DESC NULLS LAST")
    assert translated(lake, query) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT rank() OVER (ORDER BY rate) FROM doctest.rates LIMIT 1", "window"),
        ("SELECT DISTINCT code FROM doctest.rates ORDER BY code LIMIT 1", "DISTINCT"),
        ("SELECT code FROM doctest.rates ORDER BY code DESC LIMIT 1 OFFSET 1", "skips rows"),
        (
            "WITH t AS (SELECT code FROM doctest.rates ORDER BY code DESC LIMIT 1) SELECT * FROM t",
            "ascending",
        ),
    ],
)
def test_what_would_be_answered_otherwise_is_refused(lake, query, words):
    with pytest.raises(TallystickError, match=words) as caught:
        translated(lake, query)
    assert caught.value.code == "lake.cluster_query"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("a", [1, 2, 3, None]),
        ("a DESC", [3, 2, 1, None]),
        ("a DESC NULLS FIRST", [None, 3, 2, 1]),
        ("a NULLS FIRST", [None, 1, 2, 3]),
        ("1 DESC", [3, 2, 1, None]),
        ("t.a", [1, 2, 3, None]),
    ],
)
def test_an_answer_is_sorted_as_the_query_says(lake, order, expected):
    tree = read(lake, f"SELECT a FROM doctest.t AS t ORDER BY {order}")
    given = pa.table({"a": [2, None, 3, 1]})
    assert dialect.arranged(tree, given)["a"].to_pylist() == expected


def test_equal_rows_keep_their_place_and_the_second_column_decides(lake):
    tree = read(lake, "SELECT a, b FROM doctest.t ORDER BY a DESC, b")
    given = pa.table({"a": ["x", "y", "x", "y"], "b": [4, 3, 2, 1]})
    assert dialect.arranged(tree, given)["b"].to_pylist() == [1, 3, 2, 4]


def test_an_order_that_cannot_be_checked_is_refused(lake):
    given = pa.table({"a": [1]})
    with pytest.raises(TallystickError, match="no column of the answer"):
        dialect.arranged(read(lake, "SELECT a FROM doctest.t ORDER BY b DESC"), given)
    with pytest.raises(TallystickError, match="no column of the answer"):
        dialect.arranged(read(lake, "SELECT b AS a FROM doctest.t ORDER BY t.a DESC"), given)
    limited, empty = (
        "SELECT a FROM doctest.t ORDER BY a DESC LIMIT 1",
        pa.table({"a": pa.nulls(1, pa.int64())}),
    )
    with pytest.raises(TallystickError, match="IS NOT NULL"):
        dialect.arranged(read(lake, limited), empty)
    assert dialect.arranged(read(lake, "SELECT a FROM doctest.t ORDER BY b"), given) is given


@pytest.mark.parametrize(
    ("expression", "rows", "which"),
    [
        ("sum(rate)", 9e12, None),
        ("sum(rate)", 1e13, "sum"),
        ("avg(volume)", 1e10, "avg"),
        ("sum(rate * volume)", 1e3, None),
        ("sum(rate * volume)", 1e4, "sum"),
        ("sum(rate * 1000000)", 1e7, "sum"),
        ("sum(rate * 1.5)", 1e30, None),
        ("sum(rate / 2)", 1e30, None),
        ("sum(CAST(rate AS DOUBLE))", 1e30, None),
        ("sum(CAST(rate AS BIGINT))", 1e13, "sum"),
        ("sum(price)", 1e30, None),
        ("sum(CASE WHEN rate > 1 THEN volume ELSE 0 END)", 1e10, "sum"),
        ("sum(rate) OVER (PARTITION BY code)", 1e13, "sum"),
        ("sum(abs(rate))", 1, None),
        ("sum(abs(rate))", 1e13, "sum"),
        ("rate * volume", 1, None),
        ("rate * volume * 10000", 1, "*"),
        ("volume * 9300000000 + 1", 1, "+"),
        ("CAST(volume AS DOUBLE) * 9300000000", 1, None),
        ("sum(rate) - volume", 1e3, None),
        ("sum(rate) - volume", 1e13, "-"),
        ("volume * 9000000 + count(*)", 1, None),
        ("volume * 9100000 + count(*)", 1, "+"),
        ("coalesce(rate, volume) * 9300000000", 1, "*"),
        ("rate + unheard_of", 1, "+"),
        ("sum(unheard_of)", 1, "sum"),
        ("count(rate)", 1e30, None),
    ],
)
def test_sums_that_may_pass_64_bits_are_seen(lake, expression, rows, which):
    tree = read(lake, f"SELECT {expression} FROM doctest.rates")
    assert sums.overflowing(tree, rows, lambda column: LARGEST.get(column, sums.UNKNOWN)) == which


def test_a_name_of_an_inner_query_has_the_size_of_what_it_stands_for(lake):
    query = "WITH t AS (SELECT code, max(rate) AS top, sum(volume) AS rate FROM doctest.rates GROUP BY code) "
    for expression, which in (("top * 1000", None), ("rate * 1000", None), ("rate * 100000", "*")):
        tree = read(lake, f"{query} SELECT {expression} FROM t")
        assert sums.overflowing(tree, 1e5, lambda column: LARGEST.get(column, sums.UNKNOWN)) == which


def test_a_name_of_an_inner_query_that_stands_for_itself_is_unknown(lake):
    tree = read(lake, "WITH t AS (SELECT max(rate) AS rate FROM doctest.rates) SELECT sum(rate) FROM t")
    assert sums.overflowing(tree, 1, lambda column: LARGEST.get(column, sums.UNKNOWN)) == "sum"


def test_largest_values_are_those_of_the_files(lake, rows):
    lake.append("doctest.rates", rows([("a", 0, 1, 10, 5), ("a", 1, 3, -70, 6)]))
    lake.append("doctest.rates", rows([("a", 2, 2, 20, 7)]))
    found = sums.largest_values(lake, "doctest.rates")
    assert found == {
        "code": 0,
        "date": 0,
        "minute": 3,
        "rate": 70,
        "note": 0,
        "event_time": 7,
        "known_time": 7,
    }
    assert sums.largest_given(rows([("a", 0, 1, -10, 5)]))["rate"] == 10
    assert sums.largest_given(rows([]))["rate"] == 0
