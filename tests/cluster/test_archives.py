"""Archives of tables in a bucket: made, proven, damaged, brought back, moved, purged, as in a folder."""

from __future__ import annotations

import datetime
import shutil

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import archive_folder
from tallystick.core.settings import Settings
from tallystick.firm import Firm
from tallystick.history import append_bars
from tallystick.history.keeping import archive as archiving
from tallystick.history.keeping.purging import purge

NAME = "history.bars_daily"
BEFORE = datetime.date(2020, 1, 1)


def bars(year, price=100_000):
    """Twenty bars of two symbols in December of a year."""
    dates = [datetime.date(year, 12, 1 + day) for day in range(10) for _ in "ab"]
    prices = {name: [price] * 20 for name in ("open", "high", "low", "close")}
    symbols = ["9901.XTAI", "9902.XTAI"] * 10
    return pa.table({"symbol": symbols, "date": pa.array(dates, pa.date32()), **prices, "volume": range(20)})


@pytest.fixture
def firm(request, tmp_path, settings_of):
    settings = Settings(lake=settings_of(getattr(request, "param", "bucket")))
    with Firm.create(
        tmp_path / "firm", first_day=datetime.date(2026, 11, 19), settings=settings, user="maker"
    ) as made:
        for year in (2016, 2025):
            append_bars(made.context(), bars(year), token=str(year))
        yield made


def everything(firm):
    return firm.context().lake.scan(NAME, order=["symbol", "date"])


def objects(firm):
    """The objects of the archive of 2016 by the ending of their names, with their keys."""
    lake = firm.context().lake
    found = {}
    for file in lake.storage.files(archive_folder(lake, NAME, "2016")):
        found.setdefault(file.path.suffix, []).append(file.path)
    return found


def harmed(firm, kind):
    """Damage one object of the archive; the copies on this machine stay whole."""
    lake = firm.context().lake
    (path,) = objects(firm)[".json" if kind == "manifest" else ".parquet"]
    if kind == "missing":
        lake.storage.bucket.delete_file(lake.storage._key(path))
        return
    with lake.storage.open(path) as source:
        body = bytearray(source.read(1 << 24))
    body[len(body) // 2] ^= 1
    with lake.storage.bucket.open_output_stream(lake.storage._key(path)) as target:
        target.write(bytes(body))


@pytest.mark.parametrize("firm", ["bucket", "both"], indirect=True)
def test_archive_of_a_bucket_is_asked_as_one_and_proven_by_the_journal(firm):
    before = everything(firm)
    (made,) = firm.history.archive(dataset="bars_daily", before=BEFORE).rows()
    assert (made["partition"], made["files"], made["rows"]) == ("2016", 1, 20)
    assert {kind: len(paths) for kind, paths in objects(firm).items()} == {".parquet": 1, ".json": 1}
    shutil.rmtree(firm.context().lake.storage.cache)
    assert everything(firm).equals(before)
    assert firm.history.verify_archive().passed
    assert firm.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 0, "once"
    firm.history.expire(keep_days=0)
    firm.context().lake.maintain(keep_days=0, grace_seconds=-60, holds=lambda table, path: False)
    assert firm.history.verify_archive().passed
    assert everything(firm).equals(before)
    assert firm.journal.verify().passed


@pytest.mark.parametrize("harm", ["changed", "missing", "manifest"])
def test_harm_in_the_bucket_is_found_and_mended_from_a_copy(firm, tmp_path, harm):
    before = everything(firm)
    firm.history.archive(dataset="bars_daily", before=BEFORE)
    assert firm.history.copy_archive(target=str(tmp_path / "tape")).passed
    harmed(firm, harm)
    (fault,) = firm.history.verify_archive().faults
    assert fault.problem == ("changed" if harm == "manifest" else harm)
    (mended,) = firm.history.restore(source=str(tmp_path / "tape")).rows()
    assert mended["state"] == "restored"
    assert firm.history.verify_archive().passed
    shutil.rmtree(firm.context().lake.storage.cache)
    assert everything(firm).equals(before)
    assert len(objects(firm).get(".damaged", [])) == (harm != "missing")


def test_copy_that_differs_never_reaches_the_bucket(firm, tmp_path):
    firm.history.archive(dataset="bars_daily", before=BEFORE)
    firm.history.copy_archive(target=str(tmp_path / "tape"))
    harmed(firm, "missing")
    (bad,) = (tmp_path / "tape").rglob("*.parquet")
    bad.write_bytes(bad.read_bytes()[:-1] + b"x")
    with pytest.raises(TallystickError, match="they were not used"):
        firm.history.restore(source=str(tmp_path / "tape"))
    assert set(objects(firm)) == {".json"}


@pytest.mark.parametrize("step", ["_keep_manifest", "name_archive", "_journal"])
def test_archiving_that_stopped_goes_on(firm, monkeypatch, step):
    before = everything(firm)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, step, stop)
        with pytest.raises(KeyboardInterrupt):
            firm.history.archive(dataset="bars_daily", before=BEFORE)
    assert everything(firm).equals(before)
    assert firm.history.archives().total_rows == 0
    assert firm.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 1
    assert firm.history.verify_archive().passed
    assert {kind: len(paths) for kind, paths in objects(firm).items()} == {".parquet": 1, ".json": 1}


def test_bytes_that_the_bucket_keeps_otherwise_are_never_named(firm, monkeypatch):
    lake = firm.context().lake
    before = everything(firm)
    keep = lake.storage.keep

    def flipped(name, files):
        keep(name, files)
        for file in files:
            path = lake.table_folder(name) / file.path
            body = path.read_bytes()
            lake.storage.put(path, body[:-1] + bytes([body[-1] ^ 1]))
            path.write_bytes(body)

    with monkeypatch.context() as patch:
        patch.setattr(lake.storage, "keep", flipped)
        with pytest.raises(TallystickError, match="read back from") as caught:
            archiving.archive_dataset(firm.context(), NAME, BEFORE)
    assert caught.value.code == "lake.kept_unlike"
    assert firm.history.archives().total_rows == 0
    assert everything(firm).equals(before)
    assert firm.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 1
    assert firm.history.verify_archive().passed


def test_purged_partition_takes_its_archive_out_of_the_bucket(firm):
    firm.history.archive(dataset="bars_daily", before=BEFORE)
    assert purge(firm.context().lake, NAME, datetime.date(2016, 12, 1)) >= 2
    assert objects(firm) == {}
    assert set(everything(firm)["date"].to_pylist()) == {datetime.date(2025, 12, d) for d in range(1, 11)}
