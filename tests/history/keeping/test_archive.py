"""Archives: made, proven, damaged, brought back; killed at every step."""

from __future__ import annotations

import datetime
import shutil

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import archive_folder
from tallystick.firm import Firm
from tallystick.history import append_bars
from tallystick.history.keeping import archive as archiving

NAME = "history.bars_daily"
BEFORE = datetime.date(2020, 1, 1)


def everything(firm):
    return firm.context().lake.scan(NAME, order=["symbol", "date"])


def folder_of(firm):
    return archive_folder(firm.context().lake, NAME, "2016")


def test_archive_is_asked_as_one_and_proven_by_the_journal(filled):
    before = everything(filled)
    (made,) = filled.history.archive(dataset="bars_daily", before=BEFORE).rows()
    assert (made["partition"], made["files"], made["rows"]) == ("2016", 1, 20)
    assert everything(filled).equals(before)
    assert filled.history.verify_archive().passed
    (listed,) = filled.history.archives().rows()
    assert listed["manifest"] == made["manifest"]
    assert filled.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 0, "once"
    told = filled.history.dataset(dataset="bars_daily")
    assert (told.archived_partitions, told.archived_rows) == (1, 20)
    (line,) = filled.history.loads(what="archived").rows()
    assert (line["source"], line["sha256"], line["by"]) == ("2016", made["manifest"], "maker")


@pytest.mark.parametrize("below", ["", "tape", "lake/tables"])
def test_copy_inside_the_firm_is_refused(filled, tmp_path, monkeypatch, below):
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    monkeypatch.chdir(tmp_path)
    before = sorted(filled.path.rglob("*.json"))
    with pytest.raises(TallystickError, match="is inside the firm's own"):
        filled.history.copy_archive(target=f"firm/{below}")
    assert sorted(filled.path.rglob("*.json")) == before


@pytest.mark.parametrize("harm", ["changed", "missing", "manifest"])
def test_harm_is_found_and_mended_from_a_copy_only(filled, tmp_path, harm):
    before = everything(filled)
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    copy = tmp_path / "tape"
    assert filled.history.copy_archive(target=str(copy)).passed
    (data,) = folder_of(filled).glob("*.parquet")
    (manifest,) = folder_of(filled).glob("*.json")
    if harm == "changed":
        body = bytearray(data.read_bytes())
        body[len(body) // 2] ^= 1
        data.write_bytes(body)
    elif harm == "missing":
        data.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes().replace(b'"rows"', b'"Rows"', 1))
    (fault,) = filled.history.verify_archive().faults
    assert fault.problem == ("changed" if harm == "manifest" else harm)
    (mended,) = filled.history.restore(source=str(copy)).rows()
    assert mended["state"] == "restored"
    assert filled.history.verify_archive().passed
    assert everything(filled).equals(before)
    assert [line["what"] for line in filled.history.loads().rows()] == ["restored", "archived"]
    assert len(list(folder_of(filled).glob("*.damaged"))) == (harm != "missing")


def test_copy_that_differs_is_not_used(filled, tmp_path):
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    copy = tmp_path / "tape"
    filled.history.copy_archive(target=str(copy))
    (bad,) = copy.rglob("*.parquet")
    bad.write_bytes(bad.read_bytes()[:-1] + b"x")
    (data,) = folder_of(filled).glob("*.parquet")
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])
    with pytest.raises(TallystickError, match="they were not used"):
        filled.history.restore(source=str(copy))
    assert data.read_bytes() == whole[:-1]
    shutil.rmtree(copy)
    copy.mkdir()
    with pytest.raises(TallystickError, match="Missing in the copy"):
        filled.history.restore(source=str(copy))


@pytest.fixture
def two(filled, tmp_path):
    """Two archives and their copies."""
    filled.history.archive(dataset="bars_daily", before=datetime.date(2026, 1, 1))
    assert filled.history.copy_archive(target=str(tmp_path / "tape")).passed
    return filled


def test_restore_brings_back_what_it_can_and_tells_the_rest(two, tmp_path):
    for file in archive_folder(two.context().lake, NAME, "2016").parent.rglob("*.parquet"):
        file.unlink()
    (bad,) = (tmp_path / "tape" / NAME / "2016").glob("*.parquet")
    bad.write_bytes(bad.read_bytes()[:-1] + b"x")
    with pytest.raises(TallystickError) as told:
        two.history.restore(source=str(tmp_path / "tape"))
    assert told.value.values["files"] == f"{NAME}/2016/{bad.name}"
    assert told.value.values["restored"] == f"{NAME} 2025"
    states = {row["partition"]: row["state"] for row in two.history.archives().rows()}
    assert states == {"2016": "missing", "2025": "archived"}
    assert two.history.loads(what="restored").total_rows == 1
    assert not list(archive_folder(two.context().lake, NAME, "2016").glob("restoring-*"))


def test_restore_needs_no_copy_of_a_manifest_that_is_whole(two, tmp_path):
    (data,) = folder_of(two).glob("*.parquet")
    data.unlink()
    for manifest in (tmp_path / "tape").rglob("*.json"):
        manifest.unlink()
    (line,) = two.history.restore(source=str(tmp_path / "tape")).rows()
    assert (line["partition"], line["state"]) == ("2016", "restored")
    assert two.history.verify_archive().passed


@pytest.mark.parametrize("harm", ["a digit", "the table", "the partition", "gone"])
def test_damaged_manifest_is_never_journaled_and_stops_archiving(two, tmp_path, bars, harm):
    """A damaged manifest is no archive of its own: nothing is journaled, nothing tidied up, and restore mends it."""
    (manifest,) = folder_of(two).glob("*.json")
    whole = manifest.read_text()
    if harm == "gone":
        manifest.unlink()
    else:
        old, new = {
            "a digit": ('"rows": 20', '"rows": 21'),
            "the table": (NAME, NAME.replace("y.", "i.")),
            "the partition": ('"2016"', '"2017"'),
        }[harm]
        assert old in whole
        manifest.write_text(whole.replace(old, new, 1))
    append_bars(two.context(), bars(datetime.date(2016, 5, 2), 1))
    before = sorted(folder_of(two).iterdir())
    with pytest.raises(TallystickError, match="missing or damaged") as told:
        two.history.archive(dataset="bars_daily", before=BEFORE)
    assert "tally history restore" in told.value.remedy
    assert sorted(folder_of(two).iterdir()) == before
    assert two.history.loads(what="archived").total_rows == 2
    (mended,) = two.history.restore(source=str(tmp_path / "tape")).rows()
    assert mended["state"] == "restored"
    (new,) = two.history.archive(dataset="bars_daily", before=BEFORE).rows()
    assert new["rows"] == 2
    assert two.history.verify_archive().passed
    told = two.history.dataset(dataset="bars_daily")
    assert (told.archived_partitions, told.archived_rows) == (2, 42)


def test_archiving_that_stopped_and_was_changed_since_is_not_journaled(filled, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_journal", stop)
        with pytest.raises(KeyboardInterrupt):
            filled.history.archive(dataset="bars_daily", before=BEFORE)
    (data,) = folder_of(filled).glob("*.parquet")
    whole = data.read_bytes()
    data.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    with pytest.raises(TallystickError, match="not what its manifest says"):
        filled.history.archive(dataset="bars_daily", before=BEFORE)
    assert filled.history.archives().total_rows == 0
    data.write_bytes(whole)
    assert filled.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 1
    assert filled.history.verify_archive().passed


@pytest.mark.parametrize("step", ["_keep_manifest", "name_archive", "_journal"])
def test_archiving_that_stopped_goes_on(filled, monkeypatch, step):
    before = everything(filled)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, step, stop)
        with pytest.raises(KeyboardInterrupt):
            filled.history.archive(dataset="bars_daily", before=BEFORE)
    assert everything(filled).equals(before)
    assert filled.history.archives().total_rows == 0
    assert filled.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 1
    assert filled.history.verify_archive().passed
    assert everything(filled).equals(before)
    assert len(list(folder_of(filled).iterdir())) == 2


def test_maintenance_leaves_archives_alone(filled):
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    filled.history.compact()
    filled.context().lake.maintain(keep_days=0, grace_seconds=-1, holds=lambda table, path: False)
    assert filled.history.expire(keep_days=0).files_after == 2
    assert filled.history.verify_archive().passed


@pytest.mark.parametrize("original", ["stays", "goes"])
def test_firm_restored_at_another_path_reads_everything(filled, tmp_path, bars, original):
    """Warm, hot and archived rows, the manifests, the journal; and it goes on by itself."""
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    filled.context().lake.publish_hot()
    before, archived = everything(filled), filled.history.archives().rows()
    filled.close()
    there = tmp_path / "another place 公司"
    shutil.copytree(filled.path, there)
    if original == "goes":
        shutil.move(filled.path, tmp_path / "away")
    with Firm.open(there, user="maker") as moved:
        assert everything(moved).equals(before)
        assert moved.context().lake.scan(NAME, order=["symbol", "date"], hot=False).equals(before)
        assert moved.history.archives().rows() == archived
        assert moved.history.verify_archive().passed
        assert moved.journal.verify().passed
        append_bars(moved.context(), bars(datetime.date(2017, 1, 3), 2))
        assert moved.history.archive(dataset="bars_daily", before=BEFORE).total_rows == 1
        moved.history.expire(keep_days=0)
        assert moved.history.verify_archive().passed
        named = moved.context().lake.tables_writer.load(NAME).scan().plan_files()
        assert all("another place" in task.file.file_path for task in named)
    if original == "stays":
        assert everything(filled).equals(before)
        assert filled.history.verify_archive().passed


def test_verifying_says_how_much_it_read(filled):
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    (data,) = folder_of(filled).glob("*.parquet")
    check = filled.history.verify_archive()
    assert (check.passed, check.archives, check.files, check.rows) == (True, 1, 1, 20)
    assert check.bytes == data.stat().st_size
    data.unlink()
    assert not filled.history.verify_archive().passed, "the command line ends with 1"


def test_damaged_archive_is_told_by_a_question_with_the_way_back(filled):
    filled.history.archive(dataset="bars_daily", before=BEFORE)
    (data,) = folder_of(filled).glob("*.parquet")
    data.write_bytes(data.read_bytes()[:-40])
    with pytest.raises(TallystickError) as told:
        filled.history.bars(instruments=["9901.XTAI"], start="2016-01-01", end="2016-12-31")
    assert (told.value.code, told.value.values["partition"]) == ("lake.file_damaged", "2016")
    assert "tally history restore" in told.value.remedy


def test_what_is_not_over_is_not_archived_and_no_folder_is_no_copy(filled, tmp_path):
    with pytest.raises(TallystickError, match="what is not over"):
        filled.history.archive(dataset="bars_daily", before=datetime.date(2030, 1, 1))
    nothing = filled.history.archive(dataset="bars_daily", before=datetime.date(2015, 6, 1))
    assert nothing.total_rows == 0
    assert nothing.title == "No partition that ended before 2015-06-01 has rows to archive."
    with pytest.raises(TallystickError, match="There is no folder"):
        filled.history.restore(source=str(tmp_path / "nowhere"))
