"""Cold files, withdrawn facts and purges: what a table names, and what is on the disk."""

from __future__ import annotations

import datetime
import shutil

import msgspec
import pyarrow as pa
import pytest

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.lake.archiving import (
    archive_folder,
    contents_of,
    hash_file,
    name_archive,
    partitions,
    remove_unnamed,
    write_archive,
)
from tallystick.core.lake.maintenance import no_holds, purge
from tallystick.core.schema import BusinessDate, Flag, Price, Record, Text, Timestamp

DAY = datetime.date(2026, 11, 2)
NEXT = DAY + datetime.timedelta(1)
NAME = "doctest.rates"


def archive(lake, day=DAY):
    found = write_archive(lake, NAME, day)
    assert found is not None
    assert name_archive(lake, found)
    return found.manifest


@pytest.fixture
def filled(lake, rows):
    """Two days; the first with a corrected fact and a tie of known times that the later commit wins."""
    lake.append(NAME, rows([("A", 0, 1, 1, 5), ("B", 0, 1, 1, 5), ("A", 1, 1, 4, 5)]))
    lake.append(NAME, rows([("A", 0, 1, 2, 9), ("B", 0, 1, 3, 5)]))
    return lake


LIVE = {("A", 0, 1): 2, ("B", 0, 1): 3, ("A", 1, 1): 4}
EARLIER = {("A", 0, 1): 1, ("B", 0, 1): 3, ("A", 1, 1): 4}


def test_archived_partition_is_asked_as_before_with_all_versions(filled, facts):
    manifest = archive(filled)
    assert (manifest.partition, manifest.rows, len(manifest.files)) == ("2026-11-02", 4, 1)
    assert facts(filled.scan(NAME)) == LIVE
    assert facts(filled.scan(NAME, known_at=5)) == EARLIER
    path = filled.table_folder(NAME) / manifest.files[0].path
    assert (hash_file(path), path.stat().st_size) == (manifest.files[0].sha256, manifest.files[0].size)
    iceberg = filled.tables_writer.load(NAME).scan().to_arrow()
    assert iceberg.num_rows == 5
    assert write_archive(filled, NAME, DAY) is None, "it is archived already"
    assert [(p.name, p.rows, p.files, p.archived) for p in partitions(filled, NAME)] == [
        ("2026-11-02", 4, 1, 1),
        ("2026-11-03", 1, 1, 0),
    ]


def test_correction_after_the_archive_wins_and_a_second_archive_keeps_the_order(filled, rows, facts):
    first = archive(filled)
    for rate in (7, 8):
        filled.append(NAME, rows([("A", 0, 1, rate, 9)]))
    live = {**LIVE, ("A", 0, 1): 8}
    assert facts(filled.scan(NAME)) == live
    filled.compact(NAME)
    assert facts(filled.scan(NAME)) == live
    second = archive(filled)
    assert facts(filled.scan(NAME)) == live
    assert facts(filled.scan(NAME, known_at=5)) == EARLIER
    paths = {file.path for file in filled.state(NAME).plan.files if file.path.startswith("archive/")}
    assert paths == {first.files[0].path, second.files[0].path}
    assert filled.seal(DAY)[0].rows == 6


def test_sweep_leaves_archives_and_purge_removes_everything_of_a_partition(filled, facts):
    manifest = archive(filled)
    filled.publish_hot()
    held = filled.table_folder(NAME) / manifest.files[0].path
    filled.maintain(keep_days=0, grace_seconds=-1, holds=no_holds)
    assert held.exists()
    proof = contents_of(filled, NAME, DAY)
    assert proof is not None
    assert proof.rows == 4
    assert purge(filled, NAME, DAY) > 0
    assert not held.exists()
    rest = {("A", 1, 1): 4}
    assert facts(filled.scan(NAME)) == facts(filled.scan(NAME, hot=False)) == rest
    assert filled.tables_writer.load(NAME).scan().to_arrow().num_rows == 1
    folder = filled.table_folder(NAME)
    assert not list(folder.glob("*/2026-11-02/*"))
    assert contents_of(filled, NAME, DAY) is None
    assert purge(filled, NAME, DAY) == 0
    assert [path.stem for path in (filled.folder / "hot").glob("*.duckdb")] == ["00000002"]
    filled.publish_hot()
    assert facts(filled.scan(NAME)) == rest


def test_purge_that_was_killed_after_its_commit_goes_on(filled, facts, monkeypatch):
    from tallystick.core.lake import maintenance

    monkeypatch.setattr(maintenance, "_forget_hot", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        purge(filled, NAME, DAY)
    monkeypatch.undo()
    assert list(filled.table_folder(NAME).glob("data/2026-11-02/*"))
    purge(filled, NAME, DAY)
    assert not list(filled.table_folder(NAME).glob("data/2026-11-02/*"))
    assert facts(filled.scan(NAME)) == {("A", 1, 1): 4}


def test_last_partition_of_a_table_can_be_purged_and_filled_again(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 1, 5)]))
    purge(lake, NAME, DAY)
    assert lake.scan(NAME).num_rows == 0
    lake.append(NAME, rows([("A", 0, 1, 2, 5)]))
    assert facts(lake.scan(NAME)) == {("A", 0, 1): 2}


def test_killed_archiving_leaves_nothing_that_the_next_does_not_clear(filled, facts):
    found = write_archive(filled, NAME, DAY)
    assert found is not None
    orphan = found.files[0].path
    assert facts(filled.scan(NAME)) == LIVE
    assert remove_unnamed(filled, NAME, "2026-11-02", {orphan}) == 0
    assert remove_unnamed(filled, NAME, "2026-11-02", set()) == 1
    manifest = archive(filled)
    assert remove_unnamed(filled, NAME, "2026-11-02", set()) == 0
    assert [file.name for file in archive_folder(filled, NAME, "2026-11-02").iterdir()] == [
        manifest.files[0].path.rpartition("/")[2]
    ]


def test_partition_that_grew_while_it_was_archived_is_left_alone(filled, rows, facts):
    found = write_archive(filled, NAME, DAY)
    assert found is not None
    filled.append(NAME, rows([("C", 0, 1, 6, 5)]))
    assert not name_archive(filled, found)
    assert facts(filled.scan(NAME)) == {**LIVE, ("C", 0, 1): 6}


def test_moved_lake_keeps_its_archives(filled, facts, tmp_path):
    archive(filled)
    filled.close()
    elsewhere = tmp_path / "moved"
    shutil.move(filled.folder, elsewhere)
    with Lake(elsewhere) as moved:
        assert facts(moved.scan(NAME)) == LIVE
        assert moved.tables_writer.load(NAME).scan().to_arrow().num_rows == 5


class Standing(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    minute: int
    rate: Price
    event_time: Timestamp
    known_time: Timestamp
    withdrawn: Flag | None = None


SPEC_FIELDS = {
    "code": Text,
    "date": BusinessDate,
    "minute": int,
    "rate": Price,
    "note": (str | None),
    "event_time": Timestamp,
    "known_time": Timestamp,
}

STANDING = TableSpec(
    "doctest.rates",
    Standing,
    ("code", "date", "minute"),
    ("code", "date", "minute"),
    ("date", "day"),
    "doctest",
    "Rates",
)


@pytest.mark.parametrize("shape", ["appended", "compacted", "archived", "hot", "alone"])
@pytest.mark.parametrize("narrow", [False, True])
def test_withdrawn_fact_is_gone_from_its_known_time_on(tmp_path, rows, facts, shape, narrow):
    """In files that need a search, in clean ones, in hot tables, by DuckDB and by Polars."""
    with Lake(tmp_path / "lake") as lake:
        lake.create(STANDING)
        first = rows([("A", 0, 1, 1, 5), ("B", 0, 1, 1, 5)])
        back = rows([("A", 0, 1, 1, 9)]).append_column("withdrawn", pa.array([True]))
        lake.append(NAME, first if shape != "alone" else first.slice(1))
        lake.append(NAME, back)
        if shape in ("compacted", "archived"):
            lake.compact(NAME)
        if shape == "archived":
            archive(lake)
        if shape == "hot":
            lake.publish_hot()
        within = {"code": "A"} if narrow else {}
        left = {} if narrow else {("B", 0, 1): 1}
        before = {("A", 0, 1): 1} if shape != "alone" else {}
        assert facts(lake.scan(NAME, within=within)) == left
        assert facts(lake.scan(NAME, within=within, known_at=8)) == {**left, **before}
        assert lake.count(NAME, within=within) == len(left)
        assert lake.sql(f"SELECT count(*) AS n FROM {NAME}")["n"].to_pylist() == [1]
        again = rows([("A", 0, 1, 7, 12)])
        lake.append(NAME, again)
        assert facts(lake.scan(NAME, within=within)) == {**left, ("A", 0, 1): 7}


@pytest.mark.parametrize("shape", ["appended", "compacted", "hot", "archived"])
def test_table_of_an_earlier_release_grows_by_the_flag_and_honours_it(lake, rows, facts, shape):
    """Files from before the column, several versions of a key among them, beside one that takes a fact back."""
    lake.append(NAME, rows([("A", 0, 1, 1, 5)]))
    lake.append(NAME, rows([("A", 0, 1, 2, 6), ("B", 0, 1, 2, 6)]))
    grown = msgspec.defstruct(
        "Grown",
        [*SPEC_FIELDS.items(), ("withdrawn", Flag | None, None)],
        bases=(Record,),
        frozen=True,
        kw_only=True,
    )
    lake.create(msgspec.structs.replace(lake.spec(NAME), record=grown))
    assert facts(lake.scan(NAME)) == {("A", 0, 1): 2, ("B", 0, 1): 2}
    lake.append(NAME, rows([("A", 0, 1, 3, 7)]).append_column("withdrawn", pa.array([True])))
    if shape == "compacted":
        lake.compact(NAME)
    if shape == "hot":
        lake.publish_hot()
    if shape == "archived":
        archive(lake)
    assert facts(lake.scan(NAME)) == {("B", 0, 1): 2}
    assert facts(lake.scan(NAME, known_at=6)) == {("A", 0, 1): 2, ("B", 0, 1): 2}
    assert facts(lake.scan(NAME, known_at=5)) == {("A", 0, 1): 1}
