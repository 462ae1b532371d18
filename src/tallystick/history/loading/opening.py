"""From a path to its sources: unpacked, told apart by content and ending, brought to UTF-8, header found."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.core.errors import mark as _
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.encodings import UNKNOWN, as_utf8, is_guess
from tallystick.history.loading.frames import frame_of_arrow, has_wide_decimals
from tallystick.history.loading.headers import Heading, find_heading
from tallystick.history.loading.json_tables import open_json
from tallystick.history.loading.sources import Doubt, FrameSource, Source, TextSource
from tallystick.history.loading.units import stated_units
from tallystick.history.loading.unpacking import cut_short, unpack

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Opening", "WholeFile", "openings", "take_file"]

Opening = Callable[[], Source]
"""Opens a source. TallystickError when it is cut short, or is no data (a web page, a document)."""

Missing = Callable[[Sequence[str]], int]
"""Gives how many of the needed columns a row of names lacks."""

NOT_DATA = {
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "Excel (.xls)",
    b"\x89PNG": "PNG",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
}
WEB_PAGE = re.compile(rb"^\s*(<!doctype|<html|<\?xml[^>]*>\s*<html|<head|<script|<table)", re.IGNORECASE)
WEB_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
HEAD_BYTES = 4_096
JSON = (".json", ".jsonl", ".ndjson")
JSON_BEGIN = re.compile(rb"^(\xef\xbb\xbf)?\s*[\[{]\s*[\[{\"]")
DOCUMENTS = (".md", ".pdf", ".doc", ".docx", ".htm", ".html", ".rtf", ".toml", ".ini")
"""Endings of what stands beside tables in archives."""

STREAM = b"\xff\xff\xff\xff"
"""How a stream of Arrow begins."""


class WholeFile(NamedTuple):
    """A file as it was read at once: its path, its SHA-256, its bytes; None of a zip archive."""

    path: Path
    sha256: bytes
    data: bytes | None


def take_file(path: Path) -> WholeFile:
    """Read a file, and work out its hash meanwhile. TallystickError when it cannot be read."""
    if path.is_dir():
        raise TallystickError(
            "history.folder",
            "{file} is a folder.",
            "Name the files in it, e.g. `tally history load {path}/*.csv`.",
            file=path.name,
            path=str(path),
        )
    try:
        with path.open("rb") as file, ThreadPoolExecutor(1) as pool:
            archive = file.read(4) == b"PK\x03\x04" or path.suffix == ".zip"
            file.seek(0)
            digest = pool.submit(hashlib.file_digest, file, "sha256")
            data = None if archive else path.read_bytes()
            return WholeFile(path, digest.result().digest(), data)
    except FileNotFoundError:
        raise TallystickError(
            "history.no_file", "There is no file {path}.", "Check its name and folder.", path=str(path)
        ) from None
    except OSError as error:
        raise _unreadable(
            path.name, str(error.strerror), _("Check the path, and whether you may read it.")
        ) from None


def openings(whole: WholeFile, mapping: ColumnMapping, missing: Missing) -> Iterator[Opening]:
    """What opens each source in a file: one, or one for each member of a zip archive, which is known by its own
    content. What opens a member does so before the next one is asked for, and raises TallystickError for it alone.

    TallystickError when an archive is cut short or holds no data.
    """
    path, data = whole.path, whole.data
    if data is not None:
        yield functools.partial(_open, path.name, path.name, data, whole.sha256, mapping, missing)
        return
    try:
        yield from _members(path, mapping, missing)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        raise cut_short(path.name) from None


def _members(path: Path, mapping: ColumnMapping, missing: Missing) -> Iterator[Opening]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        names = [info.filename for info in infos]
        if "[Content_Types].xml" in names:
            raise _no_data(path.name, "Excel (.xlsx)")
        if not infos:
            raise _empty(path.name)
        tables = [info for info in infos if not _is_document(archive, info, mapping, missing)] or infos
        beside = [Doubt("history.passed_over", info.filename) for info in infos if info not in tables]
        for info in tables:
            yield functools.partial(_open_member, archive, path.name, info, beside, mapping, missing)


def _open_member(
    archive: zipfile.ZipFile,
    file: str,
    info: zipfile.ZipInfo,
    beside: list[Doubt],
    mapping: ColumnMapping,
    missing: Missing,
) -> Source:
    """The source in a member of an archive; the first one that opens takes over what there is to say `beside`."""
    name = f"{file}/{info.filename}"
    data = _member(archive, info, name)
    source = _open(name, info.filename, data, hashlib.sha256(data).digest(), mapping, missing)
    source.doubts += beside
    beside.clear()
    return source


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of a member. TallystickError when they are cut short, damaged, or locked by a password."""
    try:
        return archive.read(info)
    except RuntimeError:
        raise TallystickError(
            "history.locked",
            "{file} is locked by a password.",
            "Unpack it with its password and load what is in it.",
            file=name,
        ) from None
    except (OSError, EOFError, NotImplementedError, zlib.error, zipfile.BadZipFile):
        raise cut_short(name) from None


def _is_document(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, mapping: ColumnMapping, missing: Missing
) -> bool:
    """Whether a member is something to read beside the tables: by its name, or a text without any column."""
    member = Path(info.filename)
    if member.name.startswith((".", "__MACOSX")) or "__MACOSX" in member.parts:
        return True
    if member.suffix.lower() in DOCUMENTS:
        return True
    if member.suffix.lower() not in (".txt", "") or mapping.fixed:
        return False
    try:
        text, _ = as_utf8(_member(archive, info, info.filename), mapping.encoding)
    except TallystickError:
        return False
    heading = find_heading(text, missing, mapping.separator)
    return heading is None or missing(heading.names) >= missing([])


def _open(
    shown: str, name: str, data: bytes, sha256: bytes, mapping: ColumnMapping, missing: Missing
) -> Source:
    """A source of bytes, unpacked, by their beginning and the name's ending."""
    import pyarrow as pa

    name, data = unpack(shown, name, data)
    suffix = Path(name).suffix.lower()
    for begin, what in NOT_DATA.items():
        if data.startswith(begin):
            raise _no_data(shown, what)
    try:
        if (columns := _columnar(data, suffix)) is not None:
            return FrameSource(shown, sha256, columns[0], units=stated_units(columns[1]))
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        remedy = _("It is cut short or damaged, or its name ends wrongly: fetch it again.")
        raise _unreadable(shown, str(error).partition("\n")[0], remedy) from None
    if suffix == ".dbf":
        from tallystick.history.loading.dbf_tables import open_dbf

        return open_dbf(shown, sha256, data, mapping.encoding)
    return _open_text(shown, suffix, data, sha256, mapping, missing)


def _columnar(data: bytes, suffix: str) -> tuple[pl.DataFrame, pa.Schema] | None:
    """The frame and schema of Parquet and Arrow, files and streams; None when the bytes are neither."""
    import pyarrow as pa
    from pyarrow import parquet

    if data.startswith(b"PAR1") or suffix == ".parquet":
        schema = parquet.read_schema(io.BytesIO(data))
        if has_wide_decimals(schema):
            return frame_of_arrow(parquet.read_table(io.BytesIO(data))), schema
        return pl.read_parquet(io.BytesIO(data)), schema
    if data.startswith(STREAM) or suffix == ".arrows":
        with pa.ipc.open_stream(io.BytesIO(data)) as reader:
            return frame_of_arrow(reader.read_all()), reader.schema
    if data.startswith(b"ARROW1") or suffix in (".arrow", ".feather", ".ipc"):
        with pa.ipc.open_file(io.BytesIO(data)) as file:
            if has_wide_decimals(file.schema):
                return frame_of_arrow(file.read_all()), file.schema
            return pl.read_ipc(io.BytesIO(data)), file.schema
    return None


def _open_text(
    shown: str, suffix: str, data: bytes, sha256: bytes, mapping: ColumnMapping, missing: Missing
) -> Source:
    if page := WEB_PAGE.match(data[:HEAD_BYTES]):
        title = WEB_TITLE.search(data[: 16 * HEAD_BYTES])
        told = as_utf8(title[1])[0].decode("utf-8", "replace").strip() if title else page[0].decode().strip()
        raise _no_data(shown, f"HTML ({told})")
    if mapping.fixed:
        from tallystick.history.loading.fixed_width import open_fixed

        return open_fixed(shown, sha256, data, mapping)
    if (suffix in JSON or JSON_BEGIN.match(data)) and (
        found := open_json(shown, sha256, data, missing, mapping.encoding)
    ):
        return found
    if suffix in JSON:
        raise _no_rows(shown)
    text, encoding = as_utf8(data, mapping.encoding)
    if b"\x00" in text[:HEAD_BYTES]:
        raise _no_data(shown, "binary")
    text = _with_newlines(text)
    heading = find_heading(text, missing, mapping.separator)
    if heading is None:
        raise _empty(shown)
    _require_header(shown, heading, encoding)
    source = TextSource(shown, sha256, text, heading, encoding, _end(text, heading, mapping))
    if not mapping.encoding and is_guess(data, encoding):
        source.doubts.append(Doubt("history.encoding_guessed", encoding))
    return source


def _with_newlines(text: bytes) -> bytes:
    """A text whose lines end with returns alone, as those of old Macs, with newlines instead; others as they are."""
    end = text.find(b"\n")
    if b"\r" not in text[: end if end >= 0 else len(text)].removesuffix(b"\r"):
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _require_header(shown: str, heading: Heading, encoding: str) -> None:
    """Refuse a file whose row of names is in another encoding than its rows."""
    if any(UNKNOWN in name for name in heading.names):
        raise TallystickError(
            "history.header_encoding",
            "{file} mixes encodings: its rows are {encoding}, its header is not.",
            "Save the file in one encoding.",
            file=shown,
            encoding=encoding,
        )


def _end(text: bytes, heading: Heading, mapping: ColumnMapping) -> int:
    """Where the rows end: at the end, or before the first line that begins with what a mapping says."""
    marks = [mark for word in mapping.stop for mark in (f"\n{word}".encode(), f'\n"{word}'.encode())]
    found = [place + 1 for mark in marks if (place := text.find(mark, heading.begin)) >= 0]
    return min(found, default=len(text))


def _empty(name: str, remedy: str = _("Check that it was saved whole.")) -> TallystickError:
    return TallystickError("history.file_empty", "{file} holds no rows.", remedy, file=name)


def _no_rows(name: str) -> TallystickError:
    return TallystickError(
        "history.json_rows",
        "{file} is no JSON of rows.",
        "Give a list of objects, one for each row, or one object a line.",
        file=name,
    )


def _no_data(name: str, what: str) -> TallystickError:
    return TallystickError(
        "history.no_data",
        "{file} is no table but {what}.",
        "Fetch the file again, or save it as CSV; exchanges answer with a web page on days without trading.",
        file=name,
        what=what,
    )


def _unreadable(name: str, problem: str, remedy: str) -> TallystickError:
    return TallystickError(
        "history.file",
        "{file} cannot be read: {problem}.",
        remedy,
        file=name,
        problem=problem,
    )
