"""Layouts of files as data: which fields a record has, where they stand, in which form, from which date.

A layout is read from `layouts/<file>.toml`, which may hold several dated versions, because widths drift.

>>> import datetime
>>> executions = find_layout("exchange.executions", datetime.date(2026, 11, 20))
>>> executions.encoding, executions.width(executions.body), executions.body[1].name
('cp950', 124, 'security')
"""

from __future__ import annotations

import datetime
import functools
import tomllib
from importlib import resources
from typing import Any, Literal

import msgspec

from tallystick.core.errors import NotFound, TallystickError, suggestion

__all__ = ["Field", "FieldKind", "Layout", "find_layout", "layout_names", "parse_layouts"]

FieldKind = Literal["text", "choice", "integer", "money", "date", "time", "filler"]
"""What a field holds: `text`; `choice`, one of a few words for small integers; `integer`; `money`, int64 in 1e-4 of the
currency inside; `date`; `time`, nanoseconds since midnight of the place; `filler`, constant or blank bytes."""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One field of a record.

    `width` counts bytes (fixed width only); `title` heads a delimited column; `decimals` is how many a money field has
    in the file, or digits of a second's fraction in a time; `signed` puts a sign in front; `form` of a date is `roc`
    (1151120), `ymd` (20261120) or `iso` (2026-11-20); `values` gives the word for each number of a choice;
    `constant` is what every record holds here; `total` makes a trailer field a control total: `count`, or the name of
    the body field that it sums.
    """

    name: str
    kind: FieldKind = "text"
    width: int = 0
    title: str = ""
    decimals: int = 0
    signed: bool = False
    form: Literal["roc", "ymd", "iso"] = "ymd"
    values: dict[str, int] = {}
    constant: str = ""
    total: str = ""


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One dated version of a file's layout: `form` fixed or delimited, its encoding, header, body and trailer fields.

    A header or trailer without fields is not in the file; delimited files have a line of titles and no header. A
    trailer is told by the constant of its first field. `status` says how far the layout was checked against `source`.
    """

    file: str
    title: str
    valid_from: datetime.date
    source: str
    status: str
    form: Literal["fixed", "delimited"] = "fixed"
    encoding: str = "cp950"
    line_end: str = "\r\n"
    delimiter: str = ","
    header: tuple[Field, ...] = ()
    body: tuple[Field, ...]
    trailer: tuple[Field, ...] = ()

    def width(self, fields: tuple[Field, ...]) -> int:
        """Bytes of a record with these fields, without the line end."""
        return sum(field.width for field in fields)


def layout_names() -> list[str]:
    """The files that have a layout."""
    folder = resources.files("tallystick.wire") / "layouts"
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def find_layout(file: str, date: datetime.date) -> Layout:
    """The layout of a file in force on a date. NotFound names the nearest file, or the first date."""
    if file not in layout_names():
        remedy, near = suggestion(file, layout_names())
        raise NotFound("wire.no_layout", "There is no layout for the file {file}.", remedy, file=file, **near)
    versions = _versions(file)
    found = [version for version in versions if version.valid_from <= date]
    if not found:
        raise NotFound(
            "wire.no_layout_yet",
            "The layout of {file} begins on {first}, after {date}.",
            "Add the older version to its layout file.",
            file=file,
            first=str(versions[0].valid_from),
            date=str(date),
        )
    return found[-1]


def parse_layouts(text: str) -> list[Layout]:
    """All versions of a layout file, oldest first. TallystickError if the text does not read as layouts.

    What stands above the first `[[versions]]` holds for every version.
    """
    try:
        document: dict[str, Any] = tomllib.loads(text)
        versions = document.pop("versions")
        layouts = [msgspec.convert(document | version, Layout) for version in versions]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, KeyError) as error:
        raise TallystickError(
            "wire.bad_layout",
            "The layout does not read: {problem}.",
            "Compare it with docs/reference/files.md.",
            problem=str(error),
        ) from None
    return sorted(layouts, key=lambda layout: layout.valid_from)


@functools.cache
def _versions(file: str) -> list[Layout]:
    path = resources.files("tallystick.wire") / "layouts" / f"{file}.toml"
    return parse_layouts(path.read_text(encoding="utf-8"))
