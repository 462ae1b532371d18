"""Where a table begins in a text: its separator, its row of names, and the date that stands in its title."""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tallystick.core.errors import TallystickError

__all__ = ["Heading", "find_heading", "find_separator", "refuse_twice", "title_adjustment", "title_date"]

SEPARATORS = ",\t;|"
LINES_BEFORE = 2_000
"""How far down a row of names is looked for: index and statistics blocks stand before some tables."""

TITLE_DATES = (
    re.compile(r"(?<!\d)(\d{2,4})年 ?(\d{1,2})月 ?(\d{1,2})日"),
    re.compile(r"(?<!\d)(\d{2,4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)"),
)
ADJUSTED = re.compile(
    r"(?<![不未非无無])(?:[前后後]?[复復複][权權]|[還还]原)|(?<!un)(?<!not )(?<!non-)(?<!non )adjusted",
    re.IGNORECASE,
)
"""What titles call adjusted prices, and not unadjusted ones (不复权)."""

OTHER_SEPARATORS = "^~ :/\\#!*&@$+<>=\x01\x02\x1c\x1d\x1e\x1f"
"""Signs that may part a row of names, and are not looked for in every file."""

FIRST_YEAR = 1911
LAST_ROC_YEAR = 200
CLEAR_YEARS = range(79, LAST_ROC_YEAR)
"""Years that are of the Republic without a mark: from 1990 on, as `values.OTHER_DATES` has them."""


class Heading(NamedTuple):
    """The row of names: what it reads, its separator, at which byte it begins, its line number (from 1)."""

    names: list[str]
    separator: str
    begin: int
    line: int


def find_heading(text: bytes, known: Callable[[Sequence[str]], int], separator: str = "") -> Heading | None:
    """The first row in which all needed columns are known by name, else the one with most, else the first row of all.

    `known` gives how many of the needed columns are still missing in a row of names. None when there are only blanks.
    """
    best: tuple[int, Heading] | None = None
    begin, end, line = 0, len(text), 0
    while begin < end and line < LINES_BEFORE:
        line += 1
        stop = text.find(b"\n", begin)
        stop = end if stop < 0 else stop
        row = text[begin:stop]
        if row.strip():
            names, mark = _cells(row, separator)
            missing = known(names)
            if best is None or missing < best[0]:
                best = missing, Heading(names, mark, begin, line)
            if not missing:
                break
        begin = stop + 1
    return best[1] if best else None


def title_date(text: str) -> datetime.date | None:
    """The date in a title, Gregorian or of the Republic (民國): the first that is one.

    >>> title_date("114年03月05日 每日收盤行情(全部)"), title_date("資料日期:115/08/07")
    (datetime.date(2025, 3, 5), datetime.date(2026, 8, 7))
    """
    for form in TITLE_DATES:
        for year, month, day in form.findall(text):
            if int(year) < LAST_ROC_YEAR and int(year) not in CLEAR_YEARS:
                continue
            number = int(year) + (FIRST_YEAR if int(year) < LAST_ROC_YEAR else 0)
            try:
                return datetime.date(number, int(month), int(day))
            except ValueError:
                continue
    return None


def title_adjustment(text: str) -> str:
    """The word by which a title says that prices are adjusted; nothing where it says none, or that they are not.

    >>> title_adjustment("600000 Example 5分钟线 前复权"), title_adjustment("600000 Example 日线 不复权")
    ('前复权', '')
    """
    found = ADJUSTED.search(text)
    return found[0] if found else ""


def find_separator(name: str, known: Callable[[Sequence[str]], int]) -> str:
    """The sign that parts a row of names which was taken for one name, so that most are known; nothing where none does.

    `known` gives how many of some names are known; two of them must be.

    >>> find_separator("symbol^date^close price", len)
    '^'
    """
    counts = {sign: known(name.split(sign)) for sign in OTHER_SEPARATORS if sign in name}
    best = max(counts, key=lambda sign: counts[sign], default="")
    return best if best and counts[best] > 1 else ""


def refuse_twice(file: str, names: Sequence[str], wanted: Sequence[int]) -> None:
    """Refuse a header in which a wanted name stands twice: nothing says which column counts. TallystickError."""
    plain = [name.strip().casefold() for name in names]
    for place in wanted:
        if plain.count(plain[place]) > 1:
            raise TallystickError(
                "history.header_twice",
                "The header of {file} has {header} {count} times.",
                "Give the columns that are not meant another name in the file.",
                file=file,
                header=names[place],
                count=plain.count(plain[place]),
            )


def _cells(row: bytes, separator: str) -> tuple[list[str], str]:
    text = row.decode("utf-8", "replace").rstrip("\r\n").replace("\r", " ")
    mark = separator or max(SEPARATORS, key=lambda one: text.count(one))
    return [
        cell.strip().removeprefix('="').removesuffix('"').strip()
        for cell in next(csv.reader([text], delimiter=mark))
    ], mark
