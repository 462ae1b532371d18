"""How values are written: the same forms on the server's pages and in the browser's grids (`static/js/written.js`).

>>> written(12345000, Field("Net", "money"), zone="Asia/Taipei")
'1,235'
>>> written(-5800000, Field("Price", "price", decimals=2), zone="Asia/Taipei")
'−580.00'
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tallystick.console.fields import Field
from tallystick.core.ids import NUMBERS_A_DAY, format_day_id
from tallystick.core.money import SCALE, format_money
from tallystick.core.time import format_time, parse_time

__all__ = ["EMPTY", "with_cents", "written"]

EMPTY = "–"
WHOLE_KINDS = {"money", "price", "quantity", "known", "count", "bytes", "percent", "ratio"}
SHARE = re.compile(r"-?\d+(\.\d+)?")
HASH_SHOWN = 12
TIME_SHOWN = 12
MINUTE_SHOWN = 16
RATIO_SCALE = 100_000_000
MINUS = "−"
SCALE_DECIMALS = 4
THOUSAND = 1_000
SIZE_UNITS = ("kB", "MB", "GB", "TB")
LEAST_WHOLE = 1_000
"""From so many tenths of a unit on a size has no decimal."""


def written(value: Any, field: Field, *, zone: str) -> str:
    """A value as people read it, without unit; `–` for none. Coded values and flags are words, made elsewhere."""
    if value is None or value == "":
        return EMPTY
    if field.kind in WHOLE_KINDS and not str(value).lstrip("-").isdigit():
        return str(value)
    if field.kind == "share" and not SHARE.fullmatch(str(value)):
        return str(value)
    match field.kind:
        case "price":
            return format_money(int(value), exact_decimals(int(value), field.decimals))
        case "money":
            return format_money(int(value), field.decimals)
        case "known" if int(value) == 0:
            return EMPTY
        case "bytes":
            return _size(int(value))
        case "quantity" | "known" | "count":
            return f"{int(value):,}".replace("-", MINUS)
        case "percent":
            return _percent(int(value), field.decimals)
        case "ratio":
            return _ratio(int(value))
        case "share":
            return f"{float(value) / 100:.{field.decimals}f}".replace("-", MINUS)
        case "number" if field.decimals:
            return f"{float(value):.{field.decimals}f}".replace("-", MINUS)
        case "number":
            return str(value).replace("-", MINUS)
        case "time":
            return format_time(nanoseconds(value), zone, digits=3)[11:] if nanoseconds(value) else EMPTY
        case "minute":
            return format_time(nanoseconds(value), zone)[:MINUTE_SHOWN] if nanoseconds(value) else EMPTY
        case "stamp":
            return format_time(nanoseconds(value), zone, digits=3) if nanoseconds(value) else EMPTY
        case "id":
            return _day_id(value, field.letter)
        case "hash":
            return str(value)[:HASH_SHOWN]
        case "list":
            return "; ".join(map(str, value)) or EMPTY if isinstance(value, list | tuple) else str(value)
        case _:
            return str(value)


def exact_decimals(price: int, decimals: int) -> int:
    """The decimals that a price is written with: all four where fewer would round it.

    >>> exact_decimals(75550, 2), exact_decimals(75500, 2)
    (4, 2)
    """
    return SCALE_DECIMALS if price % 10 ** (SCALE_DECIMALS - decimals) else decimals


def with_cents(field: Field, values: Iterable[Any]) -> Field:
    """The field as it is written over these values: whole money gets two decimals as soon as one has a fraction.

    >>> [with_cents(Field("Net", "money"), amounts).decimals for amounts in ([10_000, 25_000], [10_000])]
    [2, 0]
    """
    if field.kind != "money" or field.decimals:
        return field
    fraction = any(isinstance(value, int) and value % SCALE for value in values)
    return msgspec.structs.replace(field, decimals=2) if fraction else field


def nanoseconds(value: Any) -> int:
    """UTC nanoseconds of a time in any of the forms that replies have: number, digits, ISO text, datetime."""
    if isinstance(value, int):
        return value
    if isinstance(value, datetime.datetime):
        return parse_time(value.isoformat(sep=" "))
    text = str(value)
    return int(text) if text.isdigit() else parse_time(text.replace("T", " ").removesuffix("Z"))


def _percent(parts: int, decimals: int) -> str:
    """Parts per 10,000 as percent with a sign: a change reads without colour."""
    sign = "+" if parts > 0 else MINUS if parts < 0 else ""
    return f"{sign}{abs(parts) / 100:.{decimals}f}"


def _ratio(parts: int) -> str:
    """A number in 1e-8 exactly, without zeros at its end.

    >>> _ratio(10_000_000), _ratio(-150_000_000), _ratio(300_000_000)
    ('0.1', '−1.5', '3')
    """
    whole, rest = divmod(abs(parts), RATIO_SCALE)
    decimals = f".{rest:08d}".rstrip("0").rstrip(".")
    return f"{MINUS if parts < 0 else ''}{whole:,}{decimals}"


def _size(size: int) -> str:
    """Bytes with a decimal unit: three digits at most, below a thousand exactly.

    >>> _size(999), _size(1_000), _size(99_949), _size(99_950), _size(999_500), _size(-2_340_000_000)
    ('999 B', '1.0 kB', '99.9 kB', '100 kB', '1.0 MB', '−2.3 GB')
    """
    sign, size = MINUS if size < 0 else "", abs(size)
    if size < THOUSAND:
        return f"{sign}{size} B"
    unit = THOUSAND
    for name in SIZE_UNITS:
        tenths = (20 * size + unit) // (2 * unit)
        if tenths < LEAST_WHOLE:
            return f"{sign}{tenths // 10}.{tenths % 10} {name}"
        whole = (2 * size + unit) // (2 * unit)
        if whole < THOUSAND or name == SIZE_UNITS[-1]:
            return f"{sign}{whole:,} {name}"
        unit *= THOUSAND
    raise AssertionError(size)


def _day_id(value: Any, letter: str) -> str:
    text = str(value)
    return format_day_id(letter, int(text)) if text.isdigit() and int(text) >= NUMBERS_A_DAY else text
