"""What was known at a time: the lake against a list and a loop, in every shape that the same rows can be kept in."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.core.lake import Lake

ROW = st.tuples(
    st.sampled_from("ABC"), st.integers(0, 2), st.integers(0, 2), st.integers(0, 99), st.integers(1, 6)
)
STEP = st.one_of(
    st.tuples(st.just("append"), st.lists(ROW, min_size=1, max_size=8)),
    st.tuples(st.sampled_from(["compact", "hot"]), st.just([])),
)


def known(history, at):
    """The naive answer: of each key the row with the latest known time, of equal ones the later written."""
    found = {}
    for code, day, minute, rate, time in history:
        if at is None or time <= at:
            before = found.get((code, day, minute))
            if before is None or time >= before[1]:
                found[code, day, minute] = (rate, time)
    return {key: rate for key, (rate, _) in found.items()}


def only(answer, code):
    return {key: rate for key, rate in answer.items() if key[0] == code}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=7), at=st.one_of(st.none(), st.integers(0, 7)))
def test_scan_is_the_naive_answer_after_any_steps(steps, at, spec, rows, facts):
    with tempfile.TemporaryDirectory() as folder, Lake(Path(folder)) as lake:
        lake.create(spec)
        history = []
        for step, entries in steps:
            if step == "append":
                lake.append(spec.name, rows(entries))
                history += entries
            elif step == "compact":
                lake.compact(spec.name)
            else:
                lake.publish_hot()
        expected = known(history, at)
        assert facts(lake.scan(spec.name, known_at=at)) == expected
        assert facts(lake.scan(spec.name, known_at=at, hot=False)) == expected
        assert facts(lake.scan(spec.name, known_at=at, within={"code": "A"})) == only(expected, "A")
        assert facts(lake.scan(spec.name, known_at=at, within={"code": "A"}, hot=False)) == only(
            expected, "A"
        )
        assert lake.count(spec.name, known_at=at) == len(expected)
        total = lake.sql(f"SELECT sum(rate)::BIGINT AS total FROM {spec.name}", known_at=at)
        assert (total["total"].to_pylist()[0] or 0) == sum(expected.values())
        assert lake.describe(spec.name).rows == len(history)


def test_plain_questions_need_no_search_for_versions(lake, rows):
    """Minutes appended one after another are clean: no two of their files can hold the same key."""
    from tallystick.core.lake.plan import select

    for minute in range(4):
        lake.append("doctest.rates", rows([(code, 0, minute, 1, minute) for code in "AB"]))
    state = lake.state("doctest.rates")
    assert not select(state.layout, state.groups, {}, None).mixed
    lake.append("doctest.rates", rows([("B", 0, 2, 5, 9)]))
    state = lake.state("doctest.rates")
    assert len(select(state.layout, state.groups, {}, None).mixed) == 5
    assert not select(state.layout, state.groups, {"code": ("A", "A")}, None).mixed
    assert not select(state.layout, state.groups, {}, 8).mixed


def test_file_with_a_repeated_key_is_not_clean(lake, rows, facts):
    lake.append("doctest.rates", rows([("A", 0, 1, 1, 5), ("A", 0, 1, 2, 3)]))
    assert facts(lake.scan("doctest.rates")) == {("A", 0, 1): 1}
    assert facts(lake.scan("doctest.rates", within={"code": "A"}, known_at=4)) == {("A", 0, 1): 2}
