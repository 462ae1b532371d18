"""The store that only appends, asked about moments worked out by hand."""

from __future__ import annotations

from hypothesis import given

from referees.known_at_referee import as_known_at, versions_of
from referees.strategies import store_cases


def version(key, known_time, value, withdrawn=False):
    return {"key": key, "known_time": known_time, "value": value, "withdrawn": withdrawn}


def values(store, known_at=None):
    return {row["key"]: row["value"] for row in as_known_at(store, ("key",), known_at)}


def test_the_latest_known_holds_from_its_moment_on():
    store = [version("A", 10, "first"), version("A", 20, "corrected"), version("B", 15, "other")]
    assert values(store, 9) == {}
    assert values(store, 10) == values(store, 14) == {"A": "first"}
    assert values(store, 15) == values(store, 19) == {"A": "first", "B": "other"}
    assert values(store, 20) == values(store) == {"A": "corrected", "B": "other"}


def test_of_equal_times_the_later_commit_holds():
    store = [version("A", 10, 1), version("A", 10, 2), version("A", 10, 3)]
    assert values(store, 10) == values(store) == {"A": 3}


def test_a_later_commit_of_an_earlier_time_is_an_old_version():
    store = [version("A", 20, "new"), version("A", 10, "old, found later")]
    assert values(store, 15) == {"A": "old, found later"}
    assert values(store) == {"A": "new"}
    assert [row["value"] for row in versions_of(store, ("key",), ("A",))] == ["old, found later", "new"]


def test_withdrawn_and_brought_back():
    store = [version("A", 1, 1), version("A", 2, None, withdrawn=True), version("A", 4, 4)]
    store.append(version("B", 1, None, withdrawn=True))
    assert [values(store, at) for at in (1, 2, 3, 4)] == [{"A": 1}, {}, {}, {"A": 4}]


def test_withdrawn_and_stated_at_one_time_goes_by_the_commit():
    stated, withdrawn = version("A", 5, 1), version("A", 5, None, withdrawn=True)
    assert values([stated, withdrawn]) == {}
    assert values([withdrawn, stated]) == {"A": 1}


def test_now_holds_what_is_known_in_the_future_too():
    assert values([version("A", 2**62, 1)]) == {"A": 1}


def test_an_empty_store_knows_nothing():
    assert as_known_at([], ("key",), 5) == as_known_at([], ("key",)) == []


@given(store_cases)
def test_a_view_is_that_of_a_store_that_never_heard_of_later_rows(case):
    store = [row for batch in case["batches"] for row in batch]
    key = ("symbol", "date")
    for asked in case["questions"]:
        heard = [row for row in store if asked is None or row["known_time"] <= asked]
        answer = as_known_at(store, key, asked)
        assert answer == as_known_at(heard, key)
        for symbol, date in {(row["symbol"], row["date"]) for row in store}:
            last = versions_of(heard, key, (symbol, date))[-1:]
            expected = [row for row in last if not row["withdrawn"]]
            assert [row for row in answer if (row["symbol"], row["date"]) == (symbol, date)] == expected
