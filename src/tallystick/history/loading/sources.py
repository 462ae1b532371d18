"""A source of rows: a text with its row of names, or a frame. It gives columns to read, and rows as they came."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from tallystick.core.schema import date_number
from tallystick.history.loading.clock import DAY_NS, local_to_utc
from tallystick.history.loading.csv_lines import BrokenLine, cut
from tallystick.history.loading.encodings import UNKNOWN
from tallystick.history.loading.headers import Heading, refuse_twice
from tallystick.history.loading.line_index import LineIndex, lines_with
from tallystick.history.loading.objects import Several, with_single_values
from tallystick.history.loading.reading import NUMBERS, Wanted, read_exactly, read_plain_lines
from tallystick.history.loading.rows import NO_ROW, Notes, Rows, Typed, Warned, filled
from tallystick.history.loading.second_headers import headers_among, mark_headers
from tallystick.history.loading.units import is_answer, refuse_own_text, units_of_frame
from tallystick.history.loading.values import as_text, with_points

__all__ = ["FAST_BYTES", "Doubt", "FrameSource", "Places", "Source", "TextSource"]

Array = np.ndarray[Any, np.dtype[Any]]
Places = Mapping[str, tuple[int, ...]]
"""Where in a header each dataset column stands: one place, or those that are joined."""

FAST_BYTES = 1_000_000
"""From so many bytes on, lines go through the kernel, which takes a moment to load."""

COMMA_NUMBER = re.compile(rb'[;\t|\n] *"?[+-]?[0-9]+,[0-9]')
LOOKED_AT = 50
"""First rows whose prices are looked at where a text has the columns of an answer."""

TEXT_LIMIT = 500
"""Letters of a faulty row that are kept."""


class Doubt(NamedTuple):
    """What a source is not sure of: a code, what it is about, a value to tell, and the row (0: all of them)."""

    code: str
    about: str
    value: str = ""
    row: int = 0


class Source(Protocol):
    """What loading asks of a file or frame: its name, hash and header, the date in its title, its rows, its doubts, and
    whether a person typed them.
    """

    name: str
    sha256: bytes
    header: list[str]
    title: str
    encoding: str
    doubts: list[Doubt]
    is_typed: bool

    def read(
        self, wanted: Wanted, places: Places, date: datetime.date | None
    ) -> tuple[Rows, list[BrokenLine]]:
        """All rows typed, and those that broke before they had columns; `date` is the one of rows without any."""
        ...

    def texts(self, numbers: Sequence[int]) -> list[str]:
        """Rows as they came, by their numbers."""
        ...

    def cell(self, number: int, places: Sequence[int]) -> str:
        """What stands in a row's cells."""
        ...

    def first_rows(self, count: int) -> range:
        """The numbers of the first rows."""
        ...


class TextSource:
    """A text of UTF-8 with a row of names; its rows count as its lines, from 1."""

    is_typed = False

    def __init__(
        self, name: str, sha256: bytes, text: bytes, heading: Heading, encoding: str, end: int
    ) -> None:
        self.name, self.sha256, self.encoding = name, sha256, encoding
        self.header, self.separator = heading.names, heading.separator
        self.title = text[: heading.begin].decode("utf-8", "replace")
        self._text = text
        below = text.find(b"\n", heading.begin, end)
        self._begin, self._end = (below + 1, end) if below >= 0 else (end, end)
        self._first = heading.line + 1
        self._lines: LineIndex | None = None
        self._headers: dict[int, list[str]] = {}
        self._several: dict[int, int] = {}
        self.doubts: list[Doubt] = []

    def read(
        self, wanted: Wanted, places: Places, date: datetime.date | None
    ) -> tuple[Rows, list[BrokenLine]]:
        """Plain lines by the kernel when there are many, the others exactly.

        TallystickError when a wanted name stands twice in the header, or the text may be of the house's own units.
        """
        refuse_twice(self.name, self.header, [place for spot in places.values() for place in spot])
        if is_answer(self.header):
            first = self.first_rows(LOOKED_AT)
            cells = {name: [self.cell(number, spot) for number in first] for name, spot in places.items()}
            refuse_own_text(wanted, self.name, cells)
        rows, broken = self._read(wanted, places, date)
        mark_headers(rows, self._headers, self.header, places, wanted)
        if len(marked := lines_with(self._text, UNKNOWN.encode())):
            note_unknown(rows, self.encoding)
            rows.notes.doubt(np.isin(rows.numbers, marked), "history.letters_unknown", "")
        return doubted(rows, [*self.doubts, *self._cut_short(places)]), broken

    def _cut_short(self, places: Places) -> list[Doubt]:
        """A doubt when the last line has no end, and its last field, which then may lack its own, is read."""
        begin, end = self._begin, self._end
        if begin == end or self._text[end - 1 : end] in b'\n"':
            return []
        last = len(self.header) - 1
        names = [name for name, spot in places.items() if last in spot]
        row = self._first + self._text.count(b"\n", begin, end)
        return [Doubt("history.cut_short", name, row=row) for name in names[:1]]

    def _read(
        self, wanted: Wanted, places: Places, date: datetime.date | None
    ) -> tuple[Rows, list[BrokenLine]]:
        used = [place for spot in places.values() for place in spot]
        simple = all(len(spot) == 1 for spot in places.values()) and len(set(used)) == len(used)
        text, begin, end = self._text, self._begin, self._end
        if end - begin < FAST_BYTES or begin == end or not simple or self._has_commas():
            return self._exactly(wanted, places, date, text[begin:end], None)
        plain = read_plain_lines(wanted, text, (begin, end), dict(places), len(self.header), self.separator)
        columns, notes = _moments(wanted, dict(plain.columns), date)
        fast = Rows(wanted.dataset, columns, np.arange(self._first, self._first + plain.lines), notes)
        if not len(plain.rest):
            return fast, []
        rest = b"\n".join(text[begin:end] for _, begin, end in plain.rest.tolist())
        slow, broken = self._exactly(wanted, places, date, rest, plain.rest[:, 0] + self._first)
        return _filled(fast, plain.rest[:, 0], slow), broken

    def texts(self, numbers: Sequence[int]) -> list[str]:
        """Lines without their ends."""
        return [self._line(number) for number in numbers]

    def _line(self, number: int) -> str:
        if self._lines is None:
            self._lines = LineIndex(self._text)
        lines = range(number, number + self._several.get(number, 1))
        line = b"\n".join(self._lines.line(one) for one in lines)
        return line[: 4 * TEXT_LIMIT].decode("utf-8", "replace").rstrip("\r\n")[:TEXT_LIMIT]

    def cell(self, number: int, places: Sequence[int]) -> str:
        """The cells as they stand."""
        line = self._line(number).replace("\r", " ")
        cells = next(csv.reader([line], delimiter=self.separator), [])
        return " ".join(cells[place] for place in places if place < len(cells))

    def first_rows(self, count: int) -> range:
        """The numbers of the first lines below the names."""
        begin, end = self._begin, self._end
        lines = self._text.count(b"\n", begin, end) + (end > begin and self._text[end - 1 : end] != b"\n")
        return range(self._first, self._first + min(count, lines))

    def _has_commas(self) -> bool:
        """Whether numbers may have a comma before their decimals, for which a file is looked at as a whole."""
        if self.separator == "," or self._text.find(b",", self._begin, self._end) < 0:
            return False
        return COMMA_NUMBER.search(self._text, self._begin, self._end) is not None

    def _exactly(
        self, wanted: Wanted, places: Places, date: datetime.date | None, body: bytes, numbers: Array | None
    ) -> tuple[Rows, list[BrokenLine]]:
        """Read lines through their texts; `numbers` of the lines where they do not simply follow one another."""
        first = self._first if numbers is None else 1
        found = cut(body, len(self.header), self.separator, first)
        rows, broken, several = found.rows, found.broken, found.several
        if numbers is not None:
            rows = numbers[rows - 1]
            broken = [line._replace(row=int(numbers[line.row - 1])) for line in broken]
            several = {int(numbers[row - 1]): lines for row, lines in several.items()}
        self._several |= several
        frame = pl.read_csv(
            io.BytesIO(found.body),
            has_header=False,
            schema={f"column_{place}": pl.String for place in range(len(self.header))},
            separator=self.separator,
            infer_schema=False,
            raise_if_empty=False,
        )
        assert frame.height == len(rows), f"{self.name}: {len(rows)} lines gave {frame.height} rows"
        raw = _raw(frame, self.header, wanted, places, date)
        whole = [name for name in raw if not wanted.decimals(name)]
        raw |= with_points(_numbers_of(wanted, raw), decimal_commas=self.separator != ",", whole=whole)
        read = read_exactly(wanted, raw, rows)
        self._headers |= headers_among(frame, read, self.header, wanted)
        return read, broken


class FrameSource:
    """A frame; its rows count from 1."""

    def __init__(
        self,
        name: str,
        sha256: bytes,
        frame: pl.DataFrame,
        encoding: str = "",
        *,
        title: str = "",
        units: Mapping[str, int] | None = None,
        several: Several | None = None,
        is_typed: bool = False,
    ) -> None:
        self.name, self.sha256, self.encoding, self.title = name, sha256, encoding, title
        self.header = list(frame.columns)
        self.doubts: list[Doubt] = []
        self.is_typed = is_typed
        self._frame, self._units, self._several = frame, units or {}, several or {}

    def read(
        self, wanted: Wanted, places: Places, date: datetime.date | None
    ) -> tuple[Rows, list[BrokenLine]]:
        """Every column by its own type, and in the unit that it says."""
        frame, notes = self._readable(places)
        raw = _raw(frame, self.header, wanted, places, date)
        named = {name: self.header[spot[0]] for name, spot in places.items() if len(spot) == 1}
        stated = {name: self._units[cell] for name, cell in named.items() if cell in self._units}
        units = units_of_frame(wanted, self.name, raw, self.header, stated)
        whole = [name for name in raw if not wanted.decimals(name)]
        raw |= with_points(_numbers_of(wanted, raw), decimal_commas=False, whole=whole)
        rows = read_exactly(wanted, raw, np.arange(1, self._frame.height + 1), units, notes)
        note_unknown(rows, self.encoding or "utf-8")
        if self.encoding:
            rows.notes.doubt(self._with_unknown(), "history.letters_unknown", "")
        return doubted(rows, self.doubts), []

    def _readable(self, places: Places) -> tuple[pl.DataFrame, Notes]:
        """The frame with nothing in those used cells that hold no one value; they are noted."""
        frame, notes = self._frame, Notes(self._frame.height)
        for name, place in [(name, place) for name, spot in places.items() for place in spot]:
            given = frame.to_series(place)
            column, several = with_single_values(given, self._several)
            if column is not given:
                notes.note(several, "history.several_values", name)
                frame = frame.with_columns(column)
        return frame, notes

    def _with_unknown(self) -> Array:
        """The rows with letters that the encoding does not know."""
        texts = [column for column in self._frame.get_columns() if column.dtype == pl.String]
        found = [column.str.contains(UNKNOWN, literal=True).fill_null(False).to_numpy() for column in texts]
        rows: Array = np.logical_or.reduce([np.zeros(self._frame.height, bool), *found])
        return rows

    def texts(self, numbers: Sequence[int]) -> list[str]:
        """Rows as JSON objects of their columns."""
        rows = self._frame[[number - 1 for number in numbers]].iter_rows(named=True)
        return [json.dumps(row, ensure_ascii=False, default=str)[:TEXT_LIMIT] for row in rows]

    def cell(self, number: int, places: Sequence[int]) -> str:
        """The values as text; nothing for none."""
        found = [self._frame.to_series(place)[number - 1] for place in places]
        return " ".join("" if value is None else _shown(value) for value in found)

    def first_rows(self, count: int) -> range:
        """The numbers of the first rows."""
        return range(1, min(count, self._frame.height) + 1)


def _shown(value: Any) -> str:
    return str(value.to_list() if isinstance(value, pl.Series) else value)


def _raw(
    frame: pl.DataFrame, header: Sequence[str], wanted: Wanted, places: Places, date: datetime.date | None
) -> dict[str, pl.Series]:
    """The frame's columns by the dataset's names, joined ones as one text; the given date as a column."""
    raw = {}
    for name, spot in places.items():
        parts = [frame.to_series(place) for place in spot]
        if len(parts) > 1:
            texts = [
                _in_words(
                    _without_zeros(as_text(part).fill_null("")), wanted.mapping.values.get(header[place], {})
                ).alias(str(n))
                for n, (part, place) in enumerate(zip(parts, spot, strict=True))
            ]
            whole = pl.DataFrame(texts).select(pl.concat_str(pl.all(), separator=wanted.mapping.joint))
            parts = [whole.to_series()]
        raw[name] = parts[0].alias(name)
    if date is not None and "date" not in raw:
        raw["date"] = pl.repeat(date, frame.height, dtype=pl.Date, eager=True)
    return raw


def _numbers_of(wanted: Wanted, raw: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """The columns of numbers that are texts."""
    return {
        name: raw[name]
        for kind in NUMBERS
        for name in wanted.names(kind, list(raw))
        if raw[name].dtype == pl.String
    }


def _without_zeros(texts: pl.Series) -> pl.Series:
    """Texts in which 26000.0 is 26000 and 267.50 is 267.5, so that a strike is the same however it is written."""
    if not bool(texts.str.contains(".", literal=True).any()):
        return texts
    return texts.str.replace(r"^(\d+)\.0*$", "$1").str.replace(r"^(\d+\.\d*[1-9])0+$", "$1")


def _in_words(texts: pl.Series, meaning: Mapping[str, str]) -> pl.Series:
    return texts.replace(list(meaning), list(meaning.values())) if meaning else texts


def _moments(
    wanted: Wanted, columns: dict[str, Typed], date: datetime.date | None
) -> tuple[dict[str, Typed], Notes]:
    """The kernel's local times as UTC; a time of day alone is put on its row's date."""
    count = len(next(iter(columns.values())).values)
    notes = Notes(count)
    if date is not None and "date" not in columns:
        columns["date"] = Typed(np.full(count, date_number(date), np.int64))
    for name in wanted.names("timestamp", list(columns)):
        times, given = columns[name].values, ~columns[name].missing
        alone = (times < DAY_NS) & given
        if alone.any():
            if "date" in columns:
                times = np.where(alone, columns["date"].values * DAY_NS + times, times)
            else:
                notes.note(alone, "history.not_a_time", name)
        moments, there = local_to_utc(times, wanted.zone)
        notes.note(~there & given, "history.not_a_time", name)
        columns[name] = columns[name]._replace(values=moments)
    return columns, notes


def note_unknown(rows: Rows, encoding: str) -> None:
    """Note the rows one of whose texts has a letter that is none of its file's encoding."""
    for name, column in rows.columns.items():
        unknown = np.array([UNKNOWN in word for word in column.words or []] or [False])
        if unknown.any():
            where = unknown[column.values] & ~column.missing
            for place in np.flatnonzero(where).tolist():
                rows.notes.note_one(place, "history.row_encoding", name, encoding)


def doubted(rows: Rows, doubts: Sequence[Doubt]) -> Rows:
    """The rows with what their source doubts as warnings."""
    for doubt in doubts if rows.height else ():
        place = int(np.searchsorted(rows.numbers, doubt.row)) if doubt.row else 0
        if not doubt.row:
            rows.notes.warnings.append(Warned(doubt.code, doubt.about, rows.height, 0, doubt.value))
        elif place < rows.height and rows.numbers[place] == doubt.row and not rows.notes.codes[place]:
            rows.notes.warnings.append(Warned(doubt.code, doubt.about, 1, place, doubt.value))
    return rows


def _filled(rows: Rows, holes: Array, apart: Rows) -> Rows:
    """The rows with those that were read apart where they belong; a hole that is left is no row."""
    rows.notes.codes[holes] = NO_ROW
    places = apart.numbers - rows.numbers[0]
    rows.notes.fill(places, apart.notes)
    columns = {name: filled(column, places, apart.columns[name]) for name, column in rows.columns.items()}
    return rows._replace(columns=columns, rounded=apart.rounded)
