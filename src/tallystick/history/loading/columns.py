"""Which column of a file is which of a dataset: by its name, by a vendor's names, or by a mapping of one's own."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.errors import NotFound, TallystickError, nearest, suggestion
from tallystick.core.errors import mark as _
from tallystick.history.datasets import Dataset

__all__ = ["ColumnMapping", "find_columns", "read_mapping", "vendor_mapping"]


class ColumnMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is to be read, `[columns]` and the rest of a mapping file.

    `columns` names a dataset column's header (or several, the first that is there counts), `multiply` the factor of a
    unit (`volume = 1000` for lots), `suffix` what is put to symbols that name no venue (`.XTAI`), `zone` the time zone
    of its clock, `label` whether a bar's time is its start or its end, `source` what its rows are said to come from.
    """

    columns: dict[str, str | list[str]] = {}
    multiply: dict[str, int] = {}
    suffix: str = ""
    zone: str = ""
    label: str = "start"
    source: str = ""


@functools.cache
def _vendors() -> dict[str, Any]:
    text = resources.files("tallystick.history").joinpath("data/vendors.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def vendor_mapping(vendor: str) -> ColumnMapping:
    """The mapping that ships for a vendor; over the generic names. NotFound names the nearest vendor."""
    vendors = _vendors()
    if vendor not in vendors:
        remedy, near = suggestion(vendor, vendors)
        raise NotFound(
            "history.vendor_unknown", "There is no vendor {vendor}.", remedy, vendor=vendor, **near
        )
    return msgspec.convert({"source": vendor} | vendors[vendor], ColumnMapping)


def read_mapping(path: Path) -> ColumnMapping:
    """A mapping file of one's own. TallystickError names what is wrong in it."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ColumnMapping)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TallystickError(
            "history.mapping",
            "The mapping {file} does not read: {problem}.",
            "Compare with docs/how-to/load-prices.md.",
            file=str(path),
            problem=str(error),
        ) from None


def find_columns(
    dataset: Dataset, header: Sequence[str], mapping: ColumnMapping, file: str
) -> dict[str, int]:
    """The place of each dataset column in a header.

    TallystickError when a required column is not there, or a mapping names a header that is not; it names the nearest.
    """
    places = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    generic: Mapping[str, Any] = _vendors()["generic"]["columns"]
    found = {}
    for column in (*dataset.required, *dataset.optional):
        given = mapping.columns.get(column)
        names = [given] if isinstance(given, str) else list(given or [column, *generic.get(column, ())])
        place = next((places[_plain(name)] for name in names if _plain(name) in places), None)
        if place is not None:
            found[column] = place
        elif column in dataset.required or isinstance(given, str):
            near = nearest(_plain(names[0]), places)
            remedy = _('Name the header that means it in a mapping: [columns] {target} = "HEADER".')
            if near:
                remedy = _('Nearest is {near}; name it in a mapping: [columns] {target} = "{near}".')
            raise TallystickError(
                "history.column_missing",
                "{file} has no column {column}; its header reads {header}.",
                remedy,
                file=file,
                column=names[0],
                target=column,
                header=", ".join(header),
                near=header[places[near]] if near else "",
            )
    return found


def _plain(name: str) -> str:
    """A header's name without what differs between files: width, case, blanks, marks, a unit in brackets."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded.partition("(")[0] if letter.isalnum())
