"""The rule rows that ship with the package: what `tally init` adopts. Read from `market/data`, nothing else.

Rule files hold one row a line; calendar files one day a line; `calendar_overrides.csv` replaces seeded days.
"""

from __future__ import annotations

import csv
import datetime
import functools
import io
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING

from tallystick.core.errors import TallystickError
from tallystick.core.money import parse_money
from tallystick.market.events import AdoptRules
from tallystick.market.rule_rows import RuleRow, problems_of
from tallystick.market.rules import RuleTable

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["known_fields", "read_rows", "seed_command", "seed_rules"]

RULE_FILES = (
    "venues.csv", "taiwan_equities.csv", "taifex.csv", "china_equities.csv", "cffex.csv", "china_commodities.csv",
)  # fmt: skip
CALENDARS = {"XTAI": "TW", "XSHG": "CN", "XNYS": "US"}
"""Calendar → its market; each has a file `calendar_<name>.csv`."""


@functools.cache
def known_fields() -> dict[str, set[str]]:
    """Every field a rule can have, with the units it can come in."""
    return {row["field"]: set(row["units"].split("|")) for row in _read("fields.csv")}


@functools.cache
def field_labels() -> dict[str, str]:
    """Every field with its English label, the key of the translation."""
    return {row["field"]: row["label"] for row in _read("fields.csv")}


@functools.cache
def seed_rules() -> RuleTable:
    """The table of all rows that ship with the package. TallystickError names what is wrong in a file.

    >>> seed_rules().problems()
    []
    """
    rows = [row for name in RULE_FILES for row in read_rows(_data(name).read_text(encoding="utf-8"), name)]
    for calendar, market in CALENDARS.items():
        rows += _days(f"calendar_{calendar}.csv", market)
    overrides = list(_days("calendar_overrides.csv", ""))
    table = RuleTable(rows, known_fields()).adopt(overrides)
    found = problems_of(table.rows, table.fields)
    if found:
        raise TallystickError(
            "market.seed",
            "The rule files are wrong: {problem}.",
            "Correct the file in market/data.",
            problem=found[0],
        )
    return table


def seed_command() -> AdoptRules:
    """The command that puts the whole seed in force at `tally init`."""
    table = seed_rules()
    return AdoptRules(rule_set=table.rule_set, rows=table.payload)


def read_rows(text: str, name: str = "rules") -> list[RuleRow]:
    r"""The rule rows of a CSV text with the columns of the shipped files. TallystickError names file and line.

    >>> line = "TW,XTAI,*,stock,lot,,,1000,units,,,TPEx page,,verified,"
    >>> read_rows(",".join(COLUMNS) + "\n" + line)[0].count
    1000
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise TallystickError(
            "market.columns", "{name} lacks the column {column}.", "Compare with docs/reference/rules.md.",
            name=name, column=missing[0],
        )  # fmt: skip
    rows = []
    for line, cells in enumerate(reader, 2):
        try:
            rows.append(_row(cells))
        except (ValueError, TypeError, AttributeError, TallystickError) as error:
            raise TallystickError(
                "market.row", "{name} line {line} does not read: {problem}.", "Compare with docs/reference/rules.md.",
                name=name, line=line, problem=str(error),
            ) from None  # fmt: skip
    return rows


COLUMNS = (
    "market", "venue", "board", "product", "field", "side", "lower_bound", "value", "unit", "valid_from", "valid_to",
    "source", "source_date", "status", "note",
)  # fmt: skip


def _row(cells: dict[str, str]) -> RuleRow:
    texts = {name: cells[name].strip() for name in COLUMNS}
    bound = texts.pop("lower_bound")
    valid_from, valid_to = _date(texts.pop("valid_from")), _date(texts.pop("valid_to"))
    return RuleRow(
        lower_bound=parse_money(bound or "0"), valid_from=valid_from, valid_to=valid_to, **texts
    )  # fmt: skip


def _days(name: str, market: str) -> Iterator[RuleRow]:
    """A calendar file's days as rows; the line `known` says which span the file speaks for."""
    calendar = name.removeprefix("calendar_").removesuffix(".csv")
    for cells in _read(name):
        venue = cells.get("calendar") or calendar
        first = datetime.date.fromisoformat(cells["date"])
        spans = cells["kind"] == "known"
        last = datetime.date.fromisoformat(cells["until"] or cells["date"])
        yield RuleRow(
            market=market or CALENDARS[venue], venue=venue, source=cells["source"], source_date=cells["source_date"],
            field="calendar_known" if spans else "session_day", value=venue if spans else cells["kind"],
            unit="text" if spans else "day", valid_from=first, valid_to=last, status=cells["status"],
            note=cells["reason"],
        )  # fmt: skip


def _date(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _data(name: str) -> Traversable:
    return resources.files("tallystick.market") / "data" / name


def _read(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_data(name).read_text(encoding="utf-8"))))
