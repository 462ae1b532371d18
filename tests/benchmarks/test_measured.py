"""Figures are kept, and a ratio that fell is told; made-up bars are bars."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import measured
import minute_bars
import targets

FOLDER = Path(measured.__file__).parent
SCRIPTS = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.glob("*/*.py")
    if "__main__" in path.read_text("utf-8")
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    return tmp_path


def kept(folder, place):
    return json.loads((folder / place / "some-thing.json").read_text("utf-8"))


def test_run_is_kept_and_accepted_only_when_asked(folder):
    assert measured.keep("some-thing", {"seconds": 2.0}, {"peer / ours": 1.5}, accept=False) == 0
    assert kept(folder, "results")["found"] == {"seconds": 2.0}
    assert not (folder / "baseline").exists()
    assert measured.keep("some-thing", {}, {"peer / ours": 1.25}, accept=True) == 0
    assert kept(folder, "baseline")["ratios"] == {"peer / ours": 1.25}


@pytest.mark.parametrize(("ratio", "status"), [(1.6, 0), (1.59, 1), (2.5, 0)])
def test_ratio_more_than_a_fifth_below_the_accepted_one_fails(folder, capsys, ratio, status):
    measured.keep("some-thing", {}, {"peer / ours": 2.0}, accept=True)
    capsys.readouterr()
    assert measured.keep("some-thing", {}, {"peer / ours": ratio, "new / ours": 0.1}, accept=False) == status
    told = capsys.readouterr().out
    assert ("WORSE peer / ours" in told) == bool(status)
    assert "WORSE new" not in told
    assert kept(folder, "baseline")["ratios"] == {"peer / ours": 2.0}


def test_ratio_that_is_no_longer_measured_is_told(folder, capsys):
    measured.keep("some-thing", {}, {"peer / ours": 2.0}, accept=True)
    assert measured.keep("some-thing", {}, {}, accept=False) == 0
    assert "NOT MEASURED peer / ours: accepted ratio 2.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (measured.at_most("a join", 0.15, 0.15, "s"), True),
        (measured.at_most("a join", 0.151, 0.15, "s"), False),
        (measured.at_least("a load", 2.0, 2.0, "M rows/s"), True),
        (measured.at_least("a load", 1.99, 2.0, "M rows/s"), False),
    ],
)
def test_target_is_told_with_what_was_reached_and_fails_nothing(folder, capsys, target, met):
    assert target.met is met
    assert measured.keep("some-thing", {}, {}, accept=False, targets=[target]) == 0
    told = capsys.readouterr().out
    assert told.startswith("met " if met else "SHORT ")
    assert f"{target.reached:g}" in told
    assert f"{target.limit:g} {target.unit}" in told
    assert kept(folder, "results")["targets"] == [target._asdict()]


def test_absent_peer_is_named_and_kept(folder, monkeypatch, capsys):
    monkeypatch.setattr(measured, "LEFT_OUT", [])
    assert measured.installed("NumPy", "numpy")
    assert not measured.installed("Some peer", "numpy", "no_such_package_of_a_peer")
    assert "LEFT OUT Some peer: not installed: no_such_package_of_a_peer" in capsys.readouterr().out
    measured.keep("some-thing", {}, {}, accept=False)
    assert kept(folder, "results")["left_out"] == ["Some peer"]


def test_all_targets_are_listed_at_the_end(folder, monkeypatch, capsys):
    monkeypatch.setattr(measured, "LEFT_OUT", ["Some peer"])
    monkeypatch.setattr(targets, "FOLDER", folder)
    held = [measured.at_most("a join", 0.1, 0.15, "s"), measured.at_least("a load", 1.0, 2.0, "M rows/s")]
    measured.keep("some-thing", {}, {}, accept=False, targets=held)
    measured.keep("another", {}, {}, accept=False)
    capsys.readouterr()
    assert targets.main() == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "1 of 2 targets met"
    assert told.count("LEFT OUT Some peer") == 2
    assert "SHORT a load" in told


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_benchmark_keeps_its_figures_in_one_way(script):
    text = (FOLDER / script).read_text("utf-8")
    assert "from measured import " in text
    assert " keep(" in text
    assert f"python benchmarks/{script} " in text, "its first lines say how it is run"
    assert "[--accept]" in text


def test_made_up_bars_are_bars_of_a_market_that_goes_on():
    first, second = itertools.islice(minute_bars.days_of_bars(20, seed=3), 2)
    for number, table in enumerate((first, second)):
        columns = {
            name: table[name].to_numpy() for name in ("open", "high", "low", "close", "volume", "amount")
        }
        low, high, volume = columns["low"], columns["high"], columns["volume"]
        assert (low > 0).all()
        for name in ("open", "close"):
            assert ((low <= columns[name]) & (columns[name] <= high)).all()
        assert ((low * volume <= columns["amount"]) & (columns["amount"] <= high * volume)).all()
        assert (volume % minute_bars.LOT == 0).all()
        assert (columns["close"] % minute_bars.TICKS[0] == 0).all()
        assert table["date"].unique().to_pylist() == [minute_bars.day_of(number)]
        assert table["ts_start"].to_numpy().min() == minute_bars.moment_of(number, 0)
    before = first["close"].to_numpy().reshape(20, -1)[:, -1]
    after = second["open"].to_numpy().reshape(20, -1)[:, 0]
    assert np.abs(after / before - 1).max() < 0.1
    assert next(minute_bars.days_of_bars(20, seed=3)).equals(first)
