"""A lake in a bucket, on a PostgreSQL catalog, and on both does what one in a folder does."""

from __future__ import annotations

import datetime
import multiprocessing
import shutil
import time

import msgspec
import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake
from tallystick.core.lake.maintenance import no_holds, purge

NAME = "doctest.rates"
DAY = datetime.date(2026, 11, 2)


def files_of(lake, kind):
    return [file for file in lake.storage.files(lake.table_folder(NAME)) if file.path.suffix == kind]


def test_changes_are_read_back_as_known_at_any_time(lake, rows, facts, settings):
    lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 0, 1, 20, 5)]))
    lake.append(NAME, rows([("A", 0, 1, 11, 7)]))
    lake.append(NAME, rows([("C", 1, 1, 30, 8)]))
    expected = {("A", 0, 1): 11, ("B", 0, 1): 20, ("C", 1, 1): 30}
    assert facts(lake.scan(NAME)) == expected
    assert facts(lake.scan(NAME, known_at=6)) == {("A", 0, 1): 10, ("B", 0, 1): 20}
    assert facts(lake.scan(NAME, within={"code": "A"})) == {("A", 0, 1): 11}
    assert facts(lake.scan(NAME, version=1)) == {("A", 0, 1): 10, ("B", 0, 1): 20}
    assert lake.sql(f"SELECT sum(rate) AS total FROM {NAME}")["total"].to_pylist() == [61]
    assert lake.compact(NAME)
    lake.publish_hot()
    assert facts(lake.scan(NAME)) == facts(lake.scan(NAME, hot=False)) == expected
    with Lake(lake.folder, settings) as other:
        assert facts(other.scan(NAME)) == expected
        assert [version.version for version in other.versions(NAME)] == [1, 2, 3, 4]


def test_a_token_is_used_once(lake, rows, facts):
    first = lake.append(NAME, rows([("A", 0, 1, 10, 5)]), token="load-1")
    again = lake.append(NAME, rows([("A", 0, 1, 10, 5)]), token="load-1")
    assert (again.version, again.repeated) == (first.version, True)
    assert lake.committed(NAME, "load-1").rows == 1
    assert lake.describe(NAME).rows == 1


def test_a_day_is_sealed_with_proof(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
    lake.append(NAME, rows([("B", 0, 1, 20, 6)]))
    (sealed,) = lake.seal(DAY)
    assert sealed.rows == 2
    assert lake.describe(NAME).files == 1
    assert lake.seal(DAY)[0].repeated


def test_plain_pyiceberg_reads_the_same_rows(lake, rows):
    lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 0, 1, 20, 5)]))
    found = lake.tables_writer.load(NAME).scan().to_arrow()
    assert sorted(found["rate"].to_pylist()) == [10, 20]


def test_superseded_files_are_swept_and_named_ones_stay(lake, rows, facts):
    for minute in range(3):
        lake.append(NAME, rows([("A", 0, minute, minute, 5)]))
    lake.compact(NAME)
    assert len(files_of(lake, ".parquet")) == 4
    swept = lake.maintain(keep_days=0, grace_seconds=-60, holds=no_holds)
    assert swept.snapshots == 3
    assert len(files_of(lake, ".parquet")) == 1
    assert facts(lake.scan(NAME)) == {("A", 0, minute): minute for minute in range(3)}


def test_a_purge_removes_a_day_for_good(lake, rows, facts):
    lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 1, 1, 20, 5)]))
    assert purge(lake, NAME, DAY) == 1
    assert len(files_of(lake, ".parquet")) == 1
    assert facts(lake.scan(NAME)) == {("B", 1, 1): 20}


def test_a_lost_cache_is_fetched_again(tmp_path, settings_of, spec, rows, facts):
    with Lake(tmp_path / "lake", settings_of("bucket")) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 1, 1, 20, 5)]))
        cache = lake.folder / "cache"
        shutil.rmtree(cache)
        assert facts(lake.scan(NAME, within={"code": "A"})) == {("A", 0, 1): 10}
        copies = [path for path in cache.rglob("*") if path.is_file()]
        assert len(copies) == 1, "only what the question needs is fetched"
        copies[0].write_bytes(b"cut")
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10, ("B", 1, 1): 20}


def test_a_full_cache_drops_what_rests(tmp_path, settings_of, spec, rows, facts):
    import os

    with Lake(tmp_path / "lake", settings_of("bucket", cache_bytes=0)) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 1, 1, 20, 5)]))
        old, new = sorted(path for path in (lake.folder / "cache").rglob("*") if path.is_file())
        os.utime(old, (time.time() - 90_000,) * 2)
        lake.storage.trim()
        assert (old.exists(), new.exists()) == (False, True)
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10, ("B", 1, 1): 20}


def write_many(folder, settings, writer, batches):
    with Lake(folder, msgspec.json.decode(settings, type=type_of_settings())) as lake:
        for number in range(batches):
            days = pa.array([DAY], pa.date32())
            given = {"code": [f"W{writer}"], "date": days, "minute": [number], "rate": [number]}
            known = {"event_time": [1], "known_time": [1]}
            lake.append(NAME, pa.table(given | known), token=f"{writer}-{number}")


def type_of_settings():
    from tallystick.core.settings import LakeSettings

    return LakeSettings


@pytest.mark.slow
def test_two_writers_and_no_row_is_lost_or_doubled(tmp_path, settings_of, spec, facts):
    """Two machines, as far as the lake can tell: each has its own folder, and only bucket and catalog in common."""
    settings = settings_of("both")
    given = msgspec.json.encode(settings)
    with Lake(tmp_path / "0", settings) as lake:
        lake.create(spec)
        spawn = multiprocessing.get_context("spawn")
        writers = [spawn.Process(target=write_many, args=(tmp_path / str(n), given, n, 50)) for n in range(2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(240)
            assert writer.exitcode == 0
        assert facts(lake.scan(NAME)) == {(f"W{w}", 0, n): n for w in range(2) for n in range(50)}
        assert [version.version for version in lake.versions(NAME)] == list(range(1, 101))


def test_each_machine_has_hot_files_of_its_own(tmp_path, settings_of, spec, rows, facts):
    settings = settings_of("both")
    with Lake(tmp_path / "here", settings) as here, Lake(tmp_path / "there", settings) as there:
        here.create(spec)
        here.append(NAME, rows([("A", 0, 1, 10, 5)]))
        assert here.publish_hot() == 1
        assert there.generation() is None
        assert there.publish_hot() == 1
        assert here.publish_hot() == 2
        assert (here.generation().number, there.generation().number) == (2, 1)
        assert facts(here.scan(NAME)) == facts(there.scan(NAME)) == {("A", 0, 1): 10}


def copied_bucket(lake, settings, target):
    """Everything of a lake's bucket in another, as an administrator would copy it."""
    from pyarrow import fs

    source = lake.storage.location.removeprefix("s3://")
    connected = fs.S3FileSystem(endpoint_override=settings.storage_endpoint, region="us-east-1")
    for info in connected.get_file_info(fs.FileSelector(source, recursive=True)):
        if info.type == fs.FileType.File and not info.path.endswith("/owner"):
            with connected.open_input_stream(info.path) as stream:
                content = stream.read()
            with connected.open_output_stream(
                target.removeprefix("s3://") + info.path[len(source) :]
            ) as stream:
                stream.write(content)


@pytest.mark.parametrize("catalog", ["in the folder", "in a copied database"])
def test_restored_in_another_bucket_it_reads_and_writes_only_there(
    tmp_path, settings_of, spec, rows, facts, request, catalog
):
    shared = catalog != "in the folder"
    settings = settings_of("both" if shared else "bucket")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        lake.append(NAME, rows([("A", 0, 1, 11, 7), ("B", 1, 1, 20, 5)]))
        expected = facts(lake.scan(NAME))
        lake.close()
        target = f"{request.getfixturevalue('s3_server').new_bucket()}/elsewhere"
        copied_bucket(lake, settings, target)
        shutil.copytree(lake.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("cache"))
        moved = msgspec.structs.replace(settings, storage=target)
        if shared:
            server = request.getfixturevalue("postgres_server")
            moved = msgspec.structs.replace(moved, catalog=server.copied_database(settings.catalog))
        with Lake(tmp_path / "copy", moved) as restored:
            assert facts(restored.scan(NAME)) == expected
            assert facts(restored.scan(NAME, version=1)) == {("A", 0, 1): 10}
            iceberg = restored.tables_writer.load(NAME)
            assert all(task.file.file_path.startswith(target) for task in iceberg.scan().plan_files())
            restored.append(NAME, rows([("C", 2, 1, 30, 5)]))
            restored.compact(NAME)
            restored.maintain(keep_days=0, grace_seconds=-60, holds=no_holds)
            assert facts(restored.scan(NAME)) == {**expected, ("C", 2, 1): 30}
        assert facts(lake.scan(NAME)) == expected


def test_restored_with_the_same_bucket_it_reads_and_leaves_the_cleaning_to_the_first(
    tmp_path, settings_of, spec, rows, facts
):
    settings = settings_of("bucket")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        lake.maintain(holds=no_holds)
        lake.close()
        shutil.copytree(lake.folder, tmp_path / "copy")
        lake.append(NAME, rows([("B", 0, 1, 20, 5)]))
        with Lake(tmp_path / "copy", settings) as restored:
            assert facts(restored.scan(NAME)) == {("A", 0, 1): 10}
            with pytest.raises(TallystickError, match="belong to the catalog") as caught:
                restored.maintain(keep_days=0, grace_seconds=-60, holds=no_holds)
            assert caught.value.code == "lake.storage_shared"
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10, ("B", 0, 1): 20}


def test_a_folder_with_a_shared_catalog_moves_when_the_old_place_is_gone(
    tmp_path, settings_of, spec, rows, facts
):
    settings = settings_of("postgres")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    with (
        Lake(tmp_path / "copy", settings) as copy,
        pytest.raises(TallystickError, match="belongs to the tables in") as caught,
    ):
        copy.scan(NAME)
    assert caught.value.code == "lake.catalog_taken"
    shutil.rmtree(tmp_path / "lake")
    with Lake(tmp_path / "copy", settings) as moved:
        assert facts(moved.scan(NAME)) == {("A", 0, 1): 10}
        moved.append(NAME, rows([("B", 0, 1, 20, 5)]))
        assert facts(moved.scan(NAME)) == {("A", 0, 1): 10, ("B", 0, 1): 20}
