"""Small files of a load share a commit; nobody can tell by what is in the lake or in the report."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.core.access import Actor
from tallystick.core.context import Context
from tallystick.core.progress import Recorded
from tallystick.history.loading import load as loading
from tallystick.history.loading import recorded
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

BARS = "history.bars_daily"
HEADER = "symbol,date,open,high,low,close,volume"
FIRST = datetime.date(2026, 8, 3)


def line(day, symbol="9901.XTAI", close=10, high=11):
    return f"{symbol},{FIRST + datetime.timedelta(day)},10,{high},9,{close},1000"


@pytest.fixture
def files(write):
    def make(*contents):
        return [write(f"{number}.csv", HEADER, *lines) for number, lines in enumerate(contents)]

    return make


def load_all(context, paths, known_at, at_once=True):
    groups = [paths] if at_once else [[path] for path in paths]
    mapping = vendor_mapping("generic")
    return [load_files(context, BARS, group, mapping, known_at) for group in groups]


def commits(context):
    return context.lake.describe(BARS).version


def test_files_of_different_days_are_one_commit(context, known_at, files):
    paths = files([line(0)], [line(1), line(1, high=8)], [line(2)], [line(1, "9902.XTAI")])
    (report,) = load_all(context, paths, known_at)
    assert [(file.file, file.loaded, file.quarantined) for file in report.files] == [
        ("0.csv", 1, 0), ("1.csv", 1, 1), ("2.csv", 1, 0), ("3.csv", 1, 0)
    ]  # fmt: skip
    assert commits(context) == 1
    assert [file.repeated for file in load_all(context, paths, known_at)[0].files] == [True] * 4


def test_files_that_tell_of_the_same_row_are_kept_one_after_another(context, known_at, files):
    paths = files([line(0), line(1)], [line(1), line(2)], [line(0), line(1)])
    (report,) = load_all(context, paths, known_at)
    assert [(f.loaded, f.duplicates, f.repeated) for f in report.files] == [
        (2, 0, False), (1, 1, False), (0, 2, True)
    ]  # fmt: skip
    assert commits(context) == 2


def test_what_was_read_before_a_file_that_cannot_be_read_is_kept(context, known_at, files, tmp_path):
    page = tmp_path / "page.csv"
    page.write_text("<html><title>No trading</title></html>")
    paths = [*files([line(0)], [line(1)]), page]
    (report,) = load_all(context, paths, known_at)
    assert [failure.file for failure in report.failures] == ["page.csv"]
    assert "No trading" in report.failures[0].failure
    assert context.lake.describe(BARS).rows == 2
    assert len(context.machine("history").loads()) == 2


def test_killed_before_the_journal_had_it_loads_go_on(context, known_at, files, monkeypatch):
    paths = files([line(0)], [line(1), line(1, high=8)], [line(2)])
    with monkeypatch.context() as patch:
        patch.setattr(recorded, "_tell", stop)
        with pytest.raises(KeyboardInterrupt):
            load_all(context, paths, known_at)
    (report,) = load_all(context, paths, known_at)
    assert [(file.loaded, file.quarantined, file.repeated) for file in report.files] == [
        (1, 0, False), (1, 1, False), (1, 0, False)
    ]  # fmt: skip
    assert (context.lake.describe(BARS).rows, commits(context)) == (3, 1)


def stop(*_, **__):
    raise KeyboardInterrupt


ROWS = st.lists(
    st.builds(
        line,
        st.integers(0, 4),
        st.sampled_from(["9901.XTAI", "9902.XTAI"]),
        st.integers(9, 11),
        st.sampled_from([8, 11]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(ROWS, min_size=2, max_size=5), most=st.integers(1, 6))
def test_together_or_one_by_one_is_the_same(tmp_path_factory, open_house, known_at, contents, most):
    found = []
    for at_once in (True, False):
        folder = tmp_path_factory.mktemp("firm")
        house = open_house(folder)
        context = Context(house, Actor("someone"))
        paths = []
        for number, lines in enumerate(contents):
            paths.append(folder / f"{number}.csv")
            paths[-1].write_text("\n".join([HEADER, *lines]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading, "ROWS_TOGETHER", most)
            reports = load_all(context, paths, known_at, at_once)
        told = [(f.file, f.loaded, f.quarantined, f.duplicates, f.repeated) for r in reports for f in r.files]
        there = pl.DataFrame(house.lake.scan(BARS)) if any(loaded for _, loaded, *_ in told) else None
        found.append((told, there if there is None else sorted(there.rows())))
        house.lake.close()
    assert found[0] == found[1]


def test_progress_goes_by_the_size_of_the_files_and_to_the_end(house, files, known_at):
    """A file counts half when it is read, half when it is in the lake: the small ones wait for each other there."""

    class Told(Recorded):
        def step(self, units=1, note=""):
            super().step(units, note)
            steps.append((self.done, note))

    steps: list[tuple[int, str]] = []
    told = Told()
    large = [line(day) for day in range(200)]
    paths = files(large, [line(300)])
    load_files(Context(house, Actor("ann"), progress=told), BARS, paths, vendor_mapping("generic"), known_at)
    kilobytes = [path.stat().st_size // 1000 or 1 for path in paths]
    assert kilobytes[0] > 3
    assert (told.total, told.done) == (sum(kilobytes), sum(kilobytes))
    read = kilobytes[0] // 2
    assert steps[:2] == [(read, "0.csv"), (read, "1.csv")]
    assert steps[-1][0] == told.total
    again = Recorded()
    load_files(Context(house, Actor("ann"), progress=again), BARS, paths, vendor_mapping("generic"), known_at)
    assert again.done == again.total
