"""Files and machines that fail: what is good is kept, what is not is told, and a second try continues."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import zipfile

import polars as pl
import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import read_bars
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

HEADER = "symbol,date,open,high,low,close,volume"


def row(number, **changes):
    return ",".join(
        (
            {"symbol": f"{number}", "date": "2026-11-19"}
            | dict.fromkeys(("open", "high", "low", "close", "volume"), "1")
            | changes
        ).values()
    )


def load_one(context, path, known_at=None):
    return load_files(context, "bars_daily", [path], vendor_mapping("generic"), known_at)


def test_text_cut_in_half_loses_only_the_cut_row(context, tmp_path, known_at):
    whole = "\n".join([HEADER, *(row(9000 + n) for n in range(40))]).encode()
    half = tmp_path / "half.csv"
    half.write_bytes(whole[: len(whole) // 2])
    lines = whole[: len(whole) // 2].count(b"\n")
    report = load_one(context, half, known_at)
    assert (report.loaded, [(r.row, r.code) for r in report.reasons]) == (
        lines - 1,
        [(lines + 1, "history.row_fields")],
    )
    full = tmp_path / "full.csv"
    full.write_bytes(whole)
    report = load_one(context, full, known_at)
    assert (report.loaded, report.duplicates) == (40 - lines + 1, lines - 1)


def test_packed_files_cut_in_half_are_refused_whole(context, house, tmp_path, known_at):
    data = "\n".join([HEADER, *(row(9000 + n) for n in range(500))]).encode()
    packed = tmp_path / "p.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.csv", data)
    table = tmp_path / "p.parquet"
    pl.read_csv(data).write_parquet(table)
    files = {"p.csv.gz": gzip.compress(data), "p.zip": packed.read_bytes(), "p.parquet": table.read_bytes()}
    for name, whole in files.items():
        path = tmp_path / name
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(TallystickError, match=rf"{name} .*(it is cut short|It is cut short)"):
            load_one(context, path, known_at)
    assert house.sent == []


def test_wrong_delimiter_is_told_by_what_the_header_reads(context, write, known_at):
    with pytest.raises(TallystickError, match="has no column symbol; its header reads symbol:date:open"):
        load_one(context, write("p.csv", "symbol:date:open", "A:2026-11-19:1"), known_at)
    mixed = write("m.csv", HEADER, row("A"), row("B").replace(",", ";"))
    report = load_one(context, mixed, known_at)
    assert (report.loaded, [(r.row, r.code) for r in report.reasons]) == (1, [(3, "history.row_fields")])
    assert "fields, the header " in report.reasons[0].reason


def test_values_that_are_none_are_told_one_by_one(context, write, known_at):
    wrong = {
        "close": "NaN",
        "open": "-inf",
        "high": "9" * 20,
        "low": "0x10",
        "volume": "-1",
        "date": "2027-11-19",
    }
    lines = [row(number, **{name: value}) for number, (name, value) in enumerate(wrong.items())]
    report = load_one(context, write("p.csv", HEADER, *lines, row(9)), known_at)
    assert [(r.row, r.column, r.code.removeprefix("history.")) for r in report.reasons] == [
        (2, "close", "not_finite"),
        (3, "open", "not_finite"),
        (4, "high", "too_large"),
        (5, "low", "not_a_number"),
        (6, "volume", "negative"),
        (7, "date", "future"),
    ]
    assert report.loaded == 1


def test_two_loads_at_once_load_once(context, house, tmp_path, known_at):
    path = tmp_path / "p.csv"
    path.write_text("\n".join([HEADER, *(row(9000 + n) for n in range(200)), row(1, close="x")]))
    reports, ready = [], threading.Barrier(2)

    def run():
        ready.wait()
        reports.append(load_one(context, path, known_at))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [(one.loaded, one.duplicates, one.quarantined, one.files[0].repeated) for one in reports]
    assert sorted(told) == [(0, 200, 1, True), (200, 0, 1, False)], "one of them found the other's"
    assert context.lake.describe("history.bars_daily").rows == 200
    assert context.lake.describe("history.quarantine").rows == 1
    assert len(house.sent) == 1


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import House
from tallystick.core.access import Actor
from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

house = House(Path(sys.argv[1]))
context = Context(house, Actor("someone"))
good = Path(sys.argv[2])
load_files(context, "bars_daily", [good / "first.csv"], vendor_mapping("generic"), 1_795_200_000_000_000_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
try:
    load_files(context, "bars_daily", [good / "second.csv"], vendor_mapping("generic"), 1_795_200_000_000_000_000)
except TallystickError as error:
    print(error.code, error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
report = load_files(context, "bars_daily", [good / "second.csv"], vendor_mapping("generic"), 1_795_200_000_000_000_000)
print(report.loaded, report.quarantined, len(house.sent))
house.lake.close()
"""


def test_full_disk_is_told_and_loses_nothing(tmp_path):
    (tmp_path / "first.csv").write_text("\n".join([HEADER, row(1)]))
    prices = [str(1 + number * 7919 % 100_003 / 100) for number in range(30_000)]
    lines = [
        row(9000 + number, open=price, high=price, low=price, close=price, volume=str(number * 7907 % 99_991))
        for number, price in enumerate(prices)
    ]
    (tmp_path / "second.csv").write_text("\n".join([HEADER, *lines]))
    folder = str(__file__).rpartition("/")[0]
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "firm"), str(tmp_path), folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = ran.stdout.splitlines()
    assert first.startswith("history.disk_full second.csv could not be kept")
    assert "File too large" in first, "the disk's own words"
    assert "writer close" not in first
    assert second == "30000 0 2"


def test_frames_and_files_leave_what_was_there(context, tmp_path, known_at):
    good = tmp_path / "good.csv"
    good.write_text("\n".join([HEADER, row(1)]))
    load_one(context, good, known_at)
    bad = tmp_path / "bad.csv"
    bad.write_text("<html>no</html>")
    with pytest.raises(TallystickError):
        load_one(context, bad, known_at)
    assert len(read_bars(context.lake)) == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(context, tmp_path, known_at):
    named = {"first.csv": "\n".join([HEADER, row(1)]), "bad.csv": "<html>no</html>"}
    named |= {"odd.csv": "a,b\n1,2", "last.csv": "\n".join([HEADER, row(2)])}
    paths = [tmp_path / name for name in named]
    for path in paths:
        path.write_text(named[path.name])
    report = load_files(context, "bars_daily", paths, vendor_mapping("generic"), known_at)
    assert (report.loaded, report.passed) == (2, False)
    assert [one.file for one in report.files] == ["first.csv", "last.csv"]
    told = [(one.file, one.code) for one in report.failures]
    assert told == [("bad.csv", "history.no_data"), ("odd.csv", "history.column_missing")]
    assert all(one.failure and one.remedy for one in report.failures)
    assert load_files(context, "bars_daily", [paths[3]], vendor_mapping("generic"), known_at).passed
