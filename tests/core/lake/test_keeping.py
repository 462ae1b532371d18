"""Compaction, sealing, hot generations, maintenance and moving: contents stay, shape changes."""

from __future__ import annotations

import datetime
import multiprocessing
import shutil

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake
from tallystick.core.lake import datafiles as datafiles_module
from tallystick.core.lake.maintenance import no_holds

DAY = datetime.date(2026, 11, 2)
NAME = "doctest.rates"


def minutes(rows, count=12):
    return [rows([(code, 0, minute, minute, minute) for code in "ABCD"]) for minute in range(count)]


def everything(lake, **question):
    return lake.scan(NAME, order=["code", "date", "minute"], **question)


def data_files(lake):
    return list(lake.folder.rglob("data/*/*.parquet"))


def test_compaction_makes_one_equal_file_of_each_partition(lake, rows):
    for batch in minutes(rows):
        lake.append(NAME, batch)
    lake.append(NAME, rows([("A", 0, 3, 77, 50), ("B", 1, 0, 1, 1)]))
    before, then = everything(lake), everything(lake, known_at=20)
    commit = lake.compact(NAME)
    assert (commit.files, commit.rows) == (2, 50)
    assert everything(lake).equals(before)
    assert everything(lake, known_at=20).equals(then)
    assert lake.compact(NAME) is None
    table = lake.tables_writer.load(NAME)
    assert table.metadata.current_snapshot().summary["total-data-files"] == "2"


def test_compaction_that_would_lose_a_row_changes_nothing(lake, rows, monkeypatch):
    for batch in minutes(rows, 3):
        lake.append(NAME, batch)
    before = everything(lake)
    write = datafiles_module._write
    monkeypatch.setattr(
        datafiles_module,
        "_write",
        lambda layout, folder, number, part, unique: write(layout, folder, number, part.slice(1), unique),
    )
    with pytest.raises(TallystickError, match="rows 12 and 11"):
        lake.compact(NAME)
    monkeypatch.undo()
    assert everything(lake).equals(before)
    assert lake.describe(NAME).files == 3


def test_append_during_compaction_is_not_lost_and_stays_later(lake, rows, facts, monkeypatch):
    """A row of equal known time that arrives while its partition is rewritten still wins afterwards."""
    from tallystick.core.lake import sealing

    lake.append(NAME, rows([("A", 0, 1, 1, 5)]))
    lake.append(NAME, rows([("A", 0, 1, 2, 5)]))
    rewrite = sealing._rewrite
    arrivals = [rows([("A", 0, 1, 3, 5)])]

    def rewrite_slowly(opened, state, files):
        written = rewrite(opened, state, files)
        if arrivals:
            with Lake(opened.folder) as other:
                other.append(NAME, arrivals.pop())
        return written

    monkeypatch.setattr(sealing, "_rewrite", rewrite_slowly)
    assert lake.compact(NAME).files == 1
    assert facts(lake.scan(NAME)) == {("A", 0, 1): 3}
    assert lake.describe(NAME).rows == 3


def test_sealing_compacts_a_day_and_marks_it(lake, rows):
    for batch in minutes(rows, 5):
        lake.append(NAME, batch)
    lake.append(NAME, rows([("A", 1, 0, 1, 1)]))
    before = everything(lake)
    (sealed,) = lake.seal(DAY)
    assert (sealed.name, sealed.rows, sealed.proof.sums["rate"], sealed.repeated) == (NAME, 20, "40", False)
    assert lake.seal(DAY)[0].repeated
    assert everything(lake).equals(before)
    assert lake.describe(NAME).files == 2


def test_day_of_a_feed_is_hot_then_sealed_with_equal_rows(lake, rows, facts):
    """Rows of today come from their feed, are asked through the hot generation, then move into the lake."""
    today = rows([("A", 0, 1, 1, 1), ("A", 0, 1, 2, 9), ("B", 0, 1, 3, 1)])
    lake.feed(NAME, lambda day: today if day == DAY else today.slice(0, 0))
    lake.append(NAME, rows([("C", 5, 1, 4, 1)]))
    lake.publish_hot([DAY])
    live = {("A", 0, 1): 2, ("B", 0, 1): 3, ("C", 5, 1): 4}
    assert facts(lake.scan(NAME)) == live
    assert facts(lake.scan(NAME, known_at=5, within={"code": "A"})) == {("A", 0, 1): 1}
    (sealed,) = lake.seal(DAY)
    assert sealed.rows == 3
    assert facts(lake.scan(NAME)) == live
    assert facts(lake.scan(NAME, hot=False)) == live
    lake.publish_hot([DAY])
    assert facts(lake.scan(NAME)) == live
    assert lake.seal(DAY + datetime.timedelta(1)) == []


def test_sealing_that_was_killed_before_its_mark_is_finished(lake, rows):
    today = rows([("A", 0, 1, 1, 1), ("B", 0, 1, 3, 1)])
    lake.feed(NAME, lambda day: today)
    lake.seal(DAY)
    with lake.catalog.transaction() as connection:
        connection.execute("DELETE FROM lake_seals")
    assert [sealed.rows for sealed in lake.seal(DAY)] == [2]
    assert lake.describe(NAME).rows == 2
    today = rows([("A", 0, 1, 1, 1)])
    with lake.catalog.transaction() as connection:
        connection.execute("DELETE FROM lake_seals")
    with pytest.raises(TallystickError, match="rows 1 and 2"):
        lake.seal(DAY)


def test_hot_generation_is_used_only_while_its_files_are_current(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 1, 1), ("A", 1, 1, 2, 1)]))
    assert lake.publish_hot() == 1
    assert lake._generation is None
    assert facts(lake.scan(NAME)) == {("A", 0, 1): 1, ("A", 1, 1): 2}
    assert lake._generation.number == 1
    lake.append(NAME, rows([("A", 1, 1, 9, 2)]))
    assert facts(lake.scan(NAME)) == {("A", 0, 1): 1, ("A", 1, 1): 9}
    assert facts(lake.scan(NAME, within={"code": ["A", "none"]})) == {("A", 0, 1): 1, ("A", 1, 1): 9}
    assert lake.publish_hot() == 2
    with Lake(lake.folder) as other:
        assert facts(other.scan(NAME)) == {("A", 0, 1): 1, ("A", 1, 1): 9}
        lake.publish_hot()
        lake.publish_hot()
        assert facts(other.scan(NAME)) == {("A", 0, 1): 1, ("A", 1, 1): 9}
    assert sorted(path.stem for path in (lake.folder / "hot").glob("*.duckdb")) == ["00000003", "00000004"]


def test_maintenance_sweeps_superseded_files_and_asks_the_holds(lake, rows):
    for batch in minutes(rows, 4):
        lake.append(NAME, batch)
    lake.compact(NAME)
    before = everything(lake)
    held = sorted(
        path.relative_to(lake.folder / "tables/doctest/rates").as_posix() for path in data_files(lake)
    )[0]
    current = lake.state(NAME).plan.files[0].path
    held = held if held != current else current + "x"
    asked = set()

    def holds(table, path):
        asked.add((table, path))
        return path == held

    assert lake.maintain(keep_days=0, grace_seconds=3_600, holds=no_holds).files == 0, (
        "younger than the grace"
    )
    swept = lake.maintain(keep_days=0, grace_seconds=-1, holds=holds)
    assert everything(lake).equals(before)
    assert (NAME, held) in asked or held.endswith("x")
    assert (lake.folder / "tables/doctest/rates" / held).exists() or held.endswith("x")
    swept_again = lake.maintain(keep_days=0, grace_seconds=-1, holds=no_holds)
    assert len(data_files(lake)) == 1
    assert swept.files + swept_again.files > 4
    assert everything(lake).equals(before)
    assert [v.version for v in lake.versions(NAME) if v.expired_at is None] == [5]
    with pytest.raises(TallystickError, match="cannot be read any more"):
        lake.scan(NAME, version=1)


def test_held_file_keeps_its_snapshot(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 1, 1)]))
    old = lake.state(NAME).plan.files[0].path
    lake.append(NAME, rows([("A", 0, 1, 2, 1)]))
    lake.compact(NAME)
    swept = lake.maintain(keep_days=0, grace_seconds=-1, holds=lambda table, path: path == old)
    assert swept.snapshots == 0
    assert facts(lake.scan(NAME, version=1)) == {("A", 0, 1): 1}
    assert (lake.table_folder(NAME) / old).exists()


@pytest.mark.parametrize("original", ["stays", "goes"])
def test_restored_elsewhere_it_reads_and_writes_only_there(lake, rows, facts, tmp_path, original):
    for batch in minutes(rows, 3):
        lake.append(NAME, batch)
    lake.append(NAME, rows([("A", 1, 1, 1, 1)]))
    lake.compact(NAME)
    lake.append(NAME, rows([("Z", 2, 1, 1, 1)]))
    lake.publish_hot()
    expected = facts(lake.scan(NAME))
    elsewhere = tmp_path / "another place" / "lake 湖"
    lake.close()
    shutil.copytree(lake.folder, elsewhere)
    if original == "goes":
        shutil.rmtree(lake.folder)
    with Lake(elsewhere) as restored:
        assert facts(restored.scan(NAME)) == expected
        assert facts(restored.scan(NAME, hot=False)) == expected
        assert facts(restored.scan(NAME, version=3)) == {(c, 0, m): m for c in "ABCD" for m in range(3)}
        iceberg = restored.tables_writer.load(NAME)
        assert iceberg.scan().to_arrow().num_rows == len(expected)
        assert all(str(elsewhere) in task.file.file_path for task in iceberg.scan().plan_files())
        restored.append(NAME, rows([("A", 3, 1, 8, 1)]))
        restored.compact(NAME)
        restored.maintain(keep_days=0, grace_seconds=-1, holds=no_holds)
        assert facts(restored.scan(NAME)) == {**expected, ("A", 3, 1): 8}
    if original == "stays":
        assert facts(lake.scan(NAME)) == expected
        assert lake.tables_writer.load(NAME).scan().to_arrow().num_rows == len(expected)


def test_restore_without_its_files_is_told(lake, rows, tmp_path):
    lake.append(NAME, rows([("A", 0, 1, 1, 1)]))
    lake.close()
    elsewhere = tmp_path / "part"
    elsewhere.mkdir()
    shutil.copy(lake.folder / "catalog.sqlite", elsewhere)
    with (
        Lake(elsewhere) as broken,
        pytest.raises(TallystickError, match=r"lacks .*metadata.json of table doctest.rates"),
    ):
        broken.scan(NAME)


def write_many(folder, writer, batches):
    with Lake(folder) as lake:
        for number in range(batches):
            code, known = f"W{writer}", 1
            lake.append(
                NAME,
                pa.table(
                    {
                        "code": [code], "date": pa.array([DAY], pa.date32()), "minute": [number], "rate": [number],
                        "event_time": [known], "known_time": [known],
                    }
                ),
                token=f"{writer}-{number}",
            )  # fmt: skip


def test_two_processes_write_one_table_and_no_row_is_lost_or_doubled(lake, facts):
    lake.close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(lake.folder, number, 6)) for number in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    assert facts(lake.scan(NAME)) == {(f"W{w}", 0, n): n for w in range(2) for n in range(6)}
    assert [version.version for version in lake.versions(NAME)] == list(range(1, 13))


def test_plans_and_hot_contents_of_another_release_are_made_anew(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 1, 1)]))
    lake.publish_hot()
    with lake.catalog.transaction() as connection:
        connection.execute("UPDATE lake_plans SET body = x'80'")
        connection.execute("UPDATE lake_generations SET body = x'80'")
    with Lake(lake.folder) as other:
        assert facts(other.scan(NAME)) == {("A", 0, 1): 1}
        assert other.generation() is None
        assert other.publish_hot() == 2
        assert facts(other.scan(NAME)) == {("A", 0, 1): 1}
