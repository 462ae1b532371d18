"""Statements to messages: each text is checked against what its field takes, so that what is written reads back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from tallystick.core.errors import TallystickError
from tallystick.core.money import SCALE
from tallystick.wire.mt940.statements import CENTURY, MT940Balance, MT940Line, MT940Statement

__all__ = ["write_mt940"]

CHARACTERS = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
INFORMATION_WIDTH, INFORMATION_LINES = 65, 6


def write_mt940(
    statements: Sequence[MT940Statement], *, sender: str = "BANKTWTPXXX", receiver: str = "FIRMTWTPXXX"
) -> bytes:
    """The statements as messages with their blocks 1, 2 and 4, in ASCII but for field 86 (UTF-8).

    Errors: TallystickError when a text has a character or length that its field does not take.
    """
    messages = []
    for statement in statements:
        body = "\r\n".join(_fields(statement)).replace("\n", "\r\n").replace("\r\r", "\r")
        messages.append(f"{{1:F01{receiver}0000000000}}{{2:O940{sender}N}}{{4:\r\n{body}\r\n-}}\r\n")
    return "".join(messages).encode()


def _fields(statement: MT940Statement) -> list[str]:
    fields = [f":20:{_checked('20', statement.reference, 16)}"]
    if statement.related:
        fields.append(f":21:{_checked('21', statement.related, 16)}")
    fields += [
        f":25:{_checked('25', statement.account, 35)}",
        f":28C:{statement.number:05d}/{statement.page:05d}",
        f":60{_letter(statement.opening)}:{_balance(statement.opening)}",
    ]
    for line in statement.lines:
        fields.append(f":61:{_line(line)}")
        if line.information:
            fields.append(f":86:{_information(line.information)}")
    fields.append(f":62{_letter(statement.closing)}:{_balance(statement.closing)}")
    if statement.available:
        fields.append(f":64:{_balance(statement.available)}")
    fields += [f":65:{_balance(balance)}" for balance in statement.forward]
    if statement.information:
        fields.append(f":86:{_information(statement.information)}")
    return fields


def _letter(balance: MT940Balance) -> str:
    return "F" if balance.final else "M"


def _balance(balance: MT940Balance) -> str:
    mark = "D" if balance.amount < 0 else "C"
    return (
        f"{mark}{_day(balance.date)}{_checked('currency', balance.currency, 3)}{_amount(abs(balance.amount))}"
    )


def _line(line: MT940Line) -> str:
    plain = "D" if (line.amount < 0) != line.reversal else "C"
    mark = f"R{plain}" if line.reversal else plain
    entry = line.entry_date or line.value_date
    text = f"{_day(line.value_date)}{entry:%m%d}{mark}{_checked('funds', line.funds_code, 1)}"
    text += f"{_amount(abs(line.amount))}"
    text += f"{_checked('type', line.kind, 4)}{_checked('reference', line.reference, 16)}"
    if "//" in line.reference or line.reference.endswith("/") or line.bank_reference.startswith("/"):
        raise _refused("reference", line.reference)
    if line.bank_reference:
        text += f"//{_checked('bank reference', line.bank_reference, 16)}"
    if line.supplement:
        text += f"\n{_checked('supplement', line.supplement, 34)}"
    return text


def _information(text: str) -> str:
    """Field 86: at most six lines of 65; a line that looks like a tag or the end of the message is refused."""
    lines = text.split("\n")
    for line in lines:
        if "\r" in line or len(line) > INFORMATION_WIDTH or line.startswith((":", "-")):
            raise _refused("86", line)
    if len(lines) > INFORMATION_LINES or any(not line or line != line.strip() for line in lines):
        raise _refused("86", text)
    return text


def _checked(field: str, text: str, longest: int) -> str:
    if not CHARACTERS.fullmatch(text) or len(text) > longest or text != text.strip():
        raise _refused(field, text)
    return text


def _refused(field: str, text: str) -> TallystickError:
    return TallystickError(
        "wire.mt_text",
        "The text {text} does not fit the field {field} of an MT message.",
        "Use letters, digits and / - ? : ( ) . , ' + within the field's length.",
        text=repr(text),
        field=field,
    )


def _amount(amount: int) -> str:
    whole, fraction = divmod(amount, SCALE)
    return f"{whole}," + f"{fraction:04d}".rstrip("0")


def _day(date: datetime.date) -> str:
    if not CENTURY <= date.year < CENTURY + 100:
        raise _refused("date", str(date))
    return f"{date:%y%m%d}"
