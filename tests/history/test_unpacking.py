"""Packed files of every usual kind are read; what is cut, a folder or nothing is told by what it is and what to do."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

TEXT = b"symbol,date,open,high,low,close,volume\n9.XTAI,2026-11-16,100,102,99,101,5000\n"


def zstandard(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def load_one(context, given):
    return load_files(context, "bars_daily", [given], vendor_mapping("generic"))


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstandard)],
)
def test_packed_files_are_read_and_cut_ones_refused_with_what_to_do(context, house, tmp_path, ending, pack):
    path = tmp_path / f"p.csv.{ending}"
    whole = pack(TEXT)
    for cut in (whole[: len(whole) // 2], whole[:-3], b"nothing packed"):
        path.write_bytes(cut)
        with pytest.raises(
            TallystickError, match=r"is cut short or damaged. Fetch it again, whole"
        ) as refused:
            load_one(context, path)
        assert (refused.value.code, refused.value.values) == ("history.packed", {"file": path.name})
    assert house.sent == []
    path.write_bytes(whole)
    assert load_one(context, path).loaded == 1


def test_an_archive_that_was_cut_is_refused_with_what_to_do(context, tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.csv", TEXT * 50)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TallystickError, match=r"p.zip is packed and cannot be unpacked: it is cut short"):
        load_one(context, path)


def test_folders_missing_files_and_empty_lists_are_told_by_what_they_are(context, tmp_path):
    for given, told in (
        (tmp_path, r"is a folder. Name the files in it, e.g. `tally history load .*/\*\.csv`"),
        (tmp_path / "none.csv", r"There is no file .*none\.csv. Check its name and folder"),
        ([], "frame holds no rows"),
    ):
        with pytest.raises(TallystickError, match=told):
            load_one(context, given)


def test_a_faulty_member_does_not_stop_the_others_of_its_archive(context, tmp_path):
    members = {"good.csv": TEXT, "cut.csv": TEXT * 20, "page.csv": b"<html>no</html>", "locked.csv": TEXT}
    members |= {
        "readme.md": b"of the vendor",
        "packed.csv.gz": gzip.compress(TEXT.replace(b"9.XTAI", b"8.XTAI")),
    }
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        places = {info.filename: info.header_offset for info in archive.infolist()}
    whole = bytearray(path.read_bytes())
    whole[places["cut.csv"] + 200] ^= 1
    directory = whole.index(b"PK\x01\x02")
    whole[places["locked.csv"] + 6] |= 1
    whole[whole.index(b"locked.csv", directory) - 46 + 8] |= 1
    path.write_bytes(bytes(whole))
    report = load_one(context, path)
    assert [(one.file, one.loaded) for one in report.files] == [
        ("p.zip/good.csv", 1),
        ("p.zip/packed.csv.gz", 1),
    ]
    assert [(one.file, one.code) for one in report.failures] == [
        ("p.zip/cut.csv", "history.packed"),
        ("p.zip/page.csv", "history.no_data"),
        ("p.zip/locked.csv", "history.locked"),
    ]
    assert [one.column for one in report.warnings if one.code == "history.passed_over"] == ["readme.md"]
    assert not report.passed
