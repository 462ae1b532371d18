"""Messages to statements: field by field; what does not read is a fault, what is not known is reported."""

from __future__ import annotations

import datetime
import re
from collections import Counter

import msgspec

from tallystick.core.errors import Rejection
from tallystick.core.money import SCALE
from tallystick.wire.mt940.statements import (
    CENTURY,
    MT940Balance,
    MT940Line,
    MT940Read,
    MT940Statement,
    prove,
)
from tallystick.wire.reading import LineFault, Unknown

__all__ = ["read_mt940"]

TAG = re.compile(r"^:([0-9]{2}[A-Z]?):(.*)$")
BALANCE = re.compile(r"^(C|D)([0-9]{6})([A-Z]{3})([0-9]{1,13},[0-9]{0,4})$")
LINE = re.compile(
    r"^([0-9]{6})([0-9]{4})?(RC|RD|C|D)([A-Z])?([0-9]{1,13},[0-9]{0,4})([A-Z][A-Z0-9]{3})([^\n]{0,16}?)"
    r"(?://([^\n]{0,16}))?(?:\n([^\n]{0,34}))?$"
)
PAGE = re.compile(r"^([0-9]{1,5})(?:/([0-9]{1,5}))?$")


def read_mt940(data: bytes) -> MT940Read:
    """The statements of a file, with or without SWIFT blocks; a field that does not read is a fault."""
    pages = _Pages()
    for line, tag, value in _tags(data.decode("utf-8", errors="replace")):
        pages.take(line, tag, value)
    statements = pages.finish()
    return MT940Read(statements, pages.faults, pages.unknown(), prove(statements))


def _tags(text: str) -> list[tuple[int, str, str]]:
    """Line number, tag and value of every field; lines without a tag belong to the field before."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        start = line.find("{4:")
        body = line[start + 3 :] if start >= 0 else line
        if not body or body == "-" or body.startswith("-}") or (body.startswith("{") and start < 0):
            continue
        match = TAG.match(body)
        if match:
            found.append((number, match.group(1), match.group(2)))
        elif found:
            first, tag, value = found[-1]
            found[-1] = (first, tag, f"{value}\n{body}")
    return found


class _Pages:
    """Gathers fields into statements: 20 begins one."""

    def __init__(self) -> None:
        self.faults: list[LineFault] = []
        self._unknown: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._done: list[MT940Statement] = []
        self._fields: dict[str, object] = {}
        self._lines: list[MT940Line] = []
        self._line = 0

    def take(self, line: int, tag: str, value: str) -> None:
        """One field."""
        if tag == "20":
            self._close()
            self._line = line
        try:
            self._put(tag, value)
        except (ValueError, AttributeError):
            self.faults.append(LineFault(line, tag, _unreadable(tag, value)))
        except KeyError:
            self._unknown[tag] += 1
            self._first.setdefault(tag, line)

    def finish(self) -> list[MT940Statement]:
        """All statements."""
        self._close()
        return self._done

    def unknown(self) -> list[Unknown]:
        """Tags that no field of a statement has."""
        return [Unknown(f"tag {tag}", self._first[tag], count) for tag, count in self._unknown.items()]

    def _put(self, tag: str, value: str) -> None:
        """Read one field's value. KeyError: no such tag. ValueError or AttributeError: it does not read."""
        fields = self._fields
        if tag in ("20", "21", "25"):
            fields[{"20": "reference", "21": "related", "25": "account"}[tag]] = value
        elif tag == "28C":
            number, page = PAGE.match(value).groups()  # type: ignore[union-attr]
            fields["number"], fields["page"] = int(number), int(page or 1)
        elif tag in ("60F", "60M", "62F", "62M"):
            fields["opening" if tag < "62" else "closing"] = _read_balance(value, tag.endswith("F"))
        elif tag == "64":
            fields["available"] = _read_balance(value, True)
        elif tag == "65":
            forward = fields.setdefault("forward", [])
            assert isinstance(forward, list)
            forward.append(_read_balance(value, True))
        elif tag == "61":
            self._lines.append(_read_line(value))
        elif tag == "86" and self._lines and "closing" not in fields:
            self._lines[-1] = msgspec.structs.replace(self._lines[-1], information=value)
        elif tag == "86":
            fields["information"] = value
        else:
            raise KeyError(tag)

    def _close(self) -> None:
        if self._fields:
            try:
                self._done.append(msgspec.convert(self._fields | {"lines": self._lines}, MT940Statement))
            except msgspec.ValidationError as error:
                self.faults.append(LineFault(self._line, "", _incomplete(str(error))))
        self._fields, self._lines = {}, []


def _read_balance(value: str, final: bool) -> MT940Balance:
    mark, day, currency, amount = BALANCE.match(value).groups()  # type: ignore[union-attr]
    sign = -1 if mark == "D" else 1
    return MT940Balance(
        amount=sign * _read_amount(amount), currency=currency, date=_read_day(day), final=final
    )


def _read_line(value: str) -> MT940Line:
    day, entry, mark, funds, amount, kind, reference, bank, supplement = LINE.match(value).groups()  # type: ignore[union-attr]
    value_date = _read_day(day)
    sign = 1 if mark in ("C", "RD") else -1
    return MT940Line(
        value_date=value_date, amount=sign * _read_amount(amount), kind=kind, reference=reference or "",
        bank_reference=bank or "", entry_date=_entry_date(value_date, entry), reversal=mark.startswith("R"),
        funds_code=funds or "", supplement=supplement or "",
    )  # fmt: skip


def _entry_date(value_date: datetime.date, entry: str | None) -> datetime.date | None:
    """The entry date is written without its year: the one nearest the value date; None when it is the value date."""
    if not entry:
        return None
    candidates = []
    for year in (value_date.year - 1, value_date.year, value_date.year + 1):
        try:
            candidates.append(datetime.date(year, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    nearest = min(candidates, key=lambda date: abs(date - value_date))
    return None if nearest == value_date else nearest


def _read_amount(text: str) -> int:
    whole, _, fraction = text.partition(",")
    return int(whole) * SCALE + int(fraction.ljust(4, "0"))


def _read_day(text: str) -> datetime.date:
    return datetime.date(CENTURY + int(text[:2]), int(text[2:4]), int(text[4:]))


def _unreadable(tag: str, value: str) -> Rejection:
    return Rejection(
        code="wire.mt_field",
        text="The field {tag} does not read: {value}.",
        remedy="Ask the bank for the statement again.",
        values={"tag": tag, "value": value},
    )


def _incomplete(problem: str) -> Rejection:
    return Rejection(
        code="wire.mt_statement",
        text="The statement lacks a field: {problem}.",
        remedy="Ask the bank for the statement again.",
        values={"problem": problem},
    )
