"""Which column of a file is which of a dataset: by its name, by a vendor's names, or by a mapping of one's own."""

from __future__ import annotations

import codecs
import datetime
import functools
import json
import re
import tomllib
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.errors import NotFound, TallystickError, nearest, suggestion
from tallystick.core.errors import mark as _
from tallystick.core.ready import ready
from tallystick.history.datasets import DATASETS, Dataset, find_dataset
from tallystick.history.loading.headers import find_separator
from tallystick.history.loading.typed import TYPED

__all__ = [
    "DEFAULT_DATASET",
    "ColumnMapping",
    "find_columns",
    "known_columns",
    "known_names",
    "missing_columns",
    "read_mapping",
    "shared_headers",
    "vendor_mapping",
    "with_title",
]

DEFAULT_DATASET = "history.bars_daily"
LABELS = ("start", "end")
BRACKET = re.compile(r"[(\[{【〔]")
GENERIC = "generic"
"""The preset whose names are looked at for every file."""

OF_RELEASE = {"row"}
"""What the files of a release have beside the dataset's columns."""


class ColumnMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is to be read, `[columns]` and the rest of a mapping file.

    `columns` names a dataset column's header (or several, the first that is there counts), `join` the headers whose
    texts make a column with `joint` between them, `values` what a text of a column means (an empty one too; of a joined
    header, by its name). `constants` are texts that every row has, as the symbol of a file about one instrument.
    `multiply` is the factor of a unit (`volume = 1000` for lots), `divide` what a count is divided by (2 where both
    sides are counted), `suffix` what is put to symbols that name no venue (`.XTAI`), `venues` the house's names of
    those they do (`SH = "XSHG"`), `codes` those of bare codes of six digits by their first ones (`60 = "XSHG"`),
    `title_symbol` a regular expression whose group is the symbol in the file's title, `zone` the time zone of its
    clock, `label` whether a bar's time is its start or its end, `night` the time of day from which a time belongs
    to the next session of `venue`. `encoding` and `separator` are found out where they are not given; `fixed` are
    first and last byte (from 1) of each column of a file of fixed width; lines from one that begins with one of
    `stop` on are no rows. `source` is what the rows are said to come from, `dataset` what they are loaded into when
    nothing else is said, `verified` whether the file's layout was read in the vendor's own document.
    """

    columns: dict[str, str | list[str]] = {}
    join: dict[str, list[str]] = {}
    joint: str = ""
    values: dict[str, dict[str, str]] = {}
    constants: dict[str, str] = {}
    multiply: dict[str, int] = {}
    divide: dict[str, int] = {}
    suffix: str = ""
    venues: dict[str, str] = {}
    codes: dict[str, str] = {}
    title_symbol: str = ""
    zone: str = ""
    label: str = "start"
    night: str = ""
    venue: str = ""
    encoding: str = ""
    separator: str = ""
    fixed: dict[str, tuple[int, int]] = {}
    stop: list[str] = []
    source: str = ""
    dataset: str = ""
    verified: bool = True
    told: str = ""


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
    return msgspec.convert({"source": vendor} | vendors[vendor], ready(ColumnMapping))


def with_title(mapping: ColumnMapping, title: str) -> ColumnMapping:
    """The mapping with the symbol that a file's title names, where it says how to find it there.

    >>> told = with_title(ColumnMapping(title_symbol="([0-9]{4}) "), "114年03月 9901 Example One")
    >>> told.constants
    {'symbol': '9901'}
    """
    found = re.search(mapping.title_symbol, title) if mapping.title_symbol else None
    if found is None or "symbol" in mapping.constants:
        return mapping
    return msgspec.structs.replace(mapping, constants=mapping.constants | {"symbol": found[1]})


def read_mapping(path: Path, dataset: str = "") -> ColumnMapping:
    """A mapping file of one's own, for a dataset (its own, else the daily bars, when empty).

    TallystickError names what is wrong in it: a word that is none, a column that the dataset has not, a zone or a time
    that there is not.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ColumnMapping)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise TallystickError(
            "history.mapping",
            "The mapping {file} does not read: {problem}.",
            "Compare with docs/how-to/load-prices.md.",
            file=str(path),
            problem=str(error),
        ) from None
    _refuse_impossible(str(path), mapping)
    _refuse_unknown(str(path), mapping, find_dataset(dataset or mapping.dataset or DEFAULT_DATASET))
    return mapping


def _refuse_impossible(file: str, mapping: ColumnMapping) -> None:
    """TallystickError for a value that a key of a mapping cannot have."""
    told: tuple[tuple[str, Any, Callable[[Any], Any], str], ...] = (
        ("zone", mapping.zone, zoneinfo.ZoneInfo, _("Write a name of the IANA, e.g. zone = 'Asia/Taipei'.")),
        (
            "night",
            mapping.night,
            datetime.time.fromisoformat,
            _('Write a time of day, e.g. night = "15:00".'),
        ),
        ("label", mapping.label, LABELS.index, _("Write start or end.")),
        (
            "encoding",
            mapping.encoding,
            codecs.lookup,
            _("Write its usual name, e.g. utf-8, big5 or gb18030."),
        ),
        ("separator", mapping.separator, ord, _("Write one character.")),
        (
            "title_symbol",
            mapping.title_symbol,
            _one_group,
            _("Write a regular expression with one group, which is the symbol."),
        ),
        *(
            (f"{part}.{name}", number, _above_zero, _("Write a whole number above zero."))
            for part, numbers in (("multiply", mapping.multiply), ("divide", mapping.divide))
            for name, number in numbers.items()
        ),
    )
    for key, value, right, remedy in told:
        if value != "" and not _is_possible(right, value):
            raise TallystickError(
                "history.mapping_value",
                "The mapping {file} says {key} = {value}, which there is not.",
                remedy,
                file=file,
                key=key,
                value=value,
            )


def _is_possible(right: Callable[[Any], Any], value: Any) -> bool:
    try:
        right(value)
    except (
        LookupError,
        ValueError,
        TypeError,
        OSError,
        re.error,
    ):  # a zone's name that is a folder is an OSError
        return False
    return True


def _one_group(expression: str) -> None:
    if re.compile(expression).groups != 1:
        raise ValueError(expression)


def _above_zero(number: int) -> None:
    if number <= 0:
        raise ValueError(number)


def _refuse_unknown(file: str, mapping: ColumnMapping, dataset: Dataset) -> None:
    """TallystickError for a column that the dataset has not, or whose value no constant text can be."""
    parts = {
        name: getattr(mapping, name)
        for name in ("columns", "join", "constants", "multiply", "divide", "fixed", "values")
    }
    joined = {header for headers in mapping.join.values() for header in headers}
    of_fixed = (
        set(mapping.fixed) if mapping.columns else set()
    )  # a file of fixed width has the names that are given
    texts = [name for name in dataset.given if dataset.columns[name].kind == "text"]
    for part, entries in parts.items():
        valid = texts if part == "constants" else dataset.given
        extra = {"values": joined, "fixed": of_fixed | OF_RELEASE}.get(part, OF_RELEASE)
        wrong = next((name for name in entries if name not in valid and name not in extra), None)
        if wrong is not None:
            remedy, near = suggestion(wrong, valid)
            raise TallystickError(
                "history.mapping_column",
                "The mapping {file} says {column} in [{part}], which {dataset} does not take.",
                remedy,
                file=file,
                part=part,
                column=wrong,
                dataset=dataset.name,
                **near,
            )


def known_columns(
    dataset: Dataset, header: Sequence[str], mapping: ColumnMapping
) -> dict[str, tuple[int, ...]]:
    """The places in a header of each dataset column that is there: one, or those that are joined to it."""
    places = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    places |= {_whole(name): place for place, name in reversed(list(enumerate(header)))}
    found = {}
    for column in dataset.given:
        if column in mapping.constants:
            continue
        if column in mapping.join:
            joined = [places.get(_sought(name)) for name in mapping.join[column]]
            if None not in joined:
                found[column] = tuple(place for place in joined if place is not None)
            continue
        names = map(_sought, _names(column, mapping))
        place = next((places[name] for name in names if name in places), None)
        if place is not None:
            found[column] = (place,)
    return found


def known_names(dataset: Dataset, mapping: ColumnMapping) -> set[str]:
    """Every name by which some column of a dataset is looked for, in small letters."""
    joined = [name for names in mapping.join.values() for name in names]
    named = [name for column in dataset.given for name in _names(column, mapping)]
    return {name.casefold() for name in (*named, *joined)}


def missing_columns(
    dataset: Dataset, header: Sequence[str], mapping: ColumnMapping, given: Sequence[str] = ()
) -> list[str]:
    """The columns that a header should have and has not; `given` ones are known otherwise (a date in a title)."""
    found = known_columns(dataset, header, mapping)
    named = [
        column
        for column, names in mapping.columns.items()
        if isinstance(names, str) and column in dataset.given
    ]
    wanted = [*dataset.required, *(column for column in named if column not in dataset.required)]
    known = {*found, *given, *mapping.constants}
    return [column for column in wanted if column not in known]


def find_columns(
    dataset: Dataset, header: Sequence[str], mapping: ColumnMapping, file: str, given: Sequence[str] = ()
) -> dict[str, tuple[int, ...]]:
    """The places of each dataset column in a header.

    TallystickError when a required column is not there, or a mapping names a header that is not; it names the nearest.
    """
    for column in missing_columns(dataset, header, mapping, given):
        names = mapping.join.get(column, _names(column, mapping))
        # Of generic names the column's own stands for all, and of joined ones the first; a vendor's are all told.
        names = names if column in mapping.columns and mapping.source != GENERIC else names[:1]
        remedy, values = _remedy(column, names, dataset, header, mapping)
        raise TallystickError(
            "history.column_missing",
            "{file} has no column {column}; its header reads {header}.",
            remedy,
            file=file,
            column=" / ".join(names),
            target=column,
            header=", ".join(header),
            **values,
        )
    return known_columns(dataset, header, mapping)


def shared_headers(header: Sequence[str], places: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """The headers that stand for several columns of the dataset, and these.

    >>> shared_headers(["code", "close"], {"symbol": (0,), "open": (1,), "close": (1,)})
    {'close': 'open, close'}
    """
    columns: dict[tuple[int, ...], list[str]] = {}
    for column, place in places.items():
        columns.setdefault(place, []).append(column)
    return {header[place[0]]: ", ".join(names) for place, names in columns.items() if len(names) > 1}


def _remedy(
    column: str, names: Sequence[str], dataset: Dataset, header: Sequence[str], mapping: ColumnMapping
) -> tuple[str, dict[str, str]]:
    """What to do about a column that a header has not, and the values of its places."""
    known = known_columns(dataset, header, mapping)
    whole = header[0] if len(header) == 1 else ""
    if sign := find_separator(whole, lambda parts: len(known_columns(dataset, parts, mapping))):
        if 2 * sign in whole:
            return _(
                "The header is one field, its names in columns of fixed width: place them in a mapping, [fixed], "
                "as `tally history mapping` proposes it."
            ), {}
        told = _("The header is one field; name the sign that parts it in a mapping: separator = {sign}")
        return told, {"sign": json.dumps(sign)}
    if other := _fitting(dataset, header, mapping):
        return _("The file has all columns of {other}: add `--dataset {other}`."), {"other": other}
    if mapping.source == TYPED:
        return _("Write {target} in the header; each column of the dataset goes by its own name."), {}
    taken = {place for spot in known.values() for place in spot}
    places = {_plain(name): place for place, name in enumerate(header) if place not in taken}
    if near := next(filter(None, (nearest(_plain(name), places) for name in names)), None):
        told = _('Nearest is {near}; name it in a mapping: [columns] {target} = "{near}".')
        return told, {"near": header[places[near]]}
    if column == "date" and dataset.time == "date":
        return _("Say the date of its rows, e.g. `--date 2026-11-20`, or name the header in a mapping."), {}
    if column == "symbol":
        return _(
            "Say the symbol of its rows, e.g. `--symbol 2330.XTAI`, or name the header in a mapping."
        ), {}
    return _('Name the header that means it in a mapping: [columns] {target} = "HEADER".'), {}


def _fitting(dataset: Dataset, header: Sequence[str], mapping: ColumnMapping) -> str:
    """The dataset other than this one all of whose needed columns the header has, if there is one."""
    for other in DATASETS.values():
        if other is not dataset and other.required and not missing_columns(other, header, mapping):
            return other.name.removeprefix("history.")
    return ""


def _names(column: str, mapping: ColumnMapping) -> list[str]:
    generic: Mapping[str, Any] = _vendors()[GENERIC]["columns"]
    given = mapping.columns.get(column)
    return [given] if isinstance(given, str) else list(given or [column, *generic.get(column, ())])


@functools.lru_cache(maxsize=4_096)
def _plain(name: str) -> str:
    """A header's name without what differs between files: width, case, blanks, marks, a unit in brackets."""
    return _whole(BRACKET.split(unicodedata.normalize("NFKC", name), maxsplit=1)[0])


def _whole(name: str) -> str:
    """A header's name without what differs between files, but with what stands in brackets."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _sought(name: str) -> str:
    """What a name is looked for by: one with brackets means just that, as where 買進股數 comes by kinds of dealers."""
    return _whole(name) if BRACKET.search(unicodedata.normalize("NFKC", name)) else _plain(name)
