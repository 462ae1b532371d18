"""Money, prices and quantities are int64 in 1e-4 of the currency or in units; products are checked, rounding is named.

The rounding a rule uses is data (`floor`, `half_up`, …), never a choice of the code.
"""

from __future__ import annotations

from typing import Literal

from tallystick.core.errors import TallystickError

__all__ = ["LIMIT", "SCALE", "Rounding", "checked_product", "format_money", "parse_money", "round_ratio"]

SCALE = 10_000
"""Units of an int64 amount in one unit of the currency."""

LIMIT = 2**61
"""Largest amount a machine accepts; sums of two such amounts still fit int64."""

Rounding = Literal["floor", "ceiling", "half_up", "half_even"]


def checked_product(left: int, right: int) -> int:
    """`left * right`, refused above `LIMIT` (a wrong unit somewhere, not a real amount).

    >>> checked_product(5_800_000, 1_000)
    5800000000
    """
    product = left * right
    if abs(product) > LIMIT:
        raise TallystickError(
            "money.overflow",
            "{left} × {right} does not fit.",
            "Check the units of the amounts.",
            left=left,
            right=right,
        )
    return product


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The integer nearest `numerator / denominator` by the named rule; exact, no floats. `half_up` is away from zero.

    >>> [round_ratio(5, 2, rule) for rule in ("floor", "ceiling", "half_up", "half_even")]
    [2, 3, 3, 2]
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, rest = divmod(numerator, denominator)
    if rounding == "floor" or rest == 0:
        return floor
    if rounding == "ceiling":
        return floor + 1
    if 2 * rest == denominator:
        up = numerator > 0 if rounding == "half_up" else floor % 2 == 1
        return floor + up
    return floor + (2 * rest > denominator)


def parse_money(text: str) -> int:
    """Exact int64 amount of a decimal text with at most four decimals; thousands separators are allowed.

    >>> parse_money("1,234.5")
    12345000
    """
    body = text.strip().replace(",", "").replace("−", "-")
    sign = -1 if body.startswith("-") else 1
    whole, _, fraction = body.removeprefix("-" if sign < 0 else "+").partition(".")
    if (
        not (whole or fraction)
        or not (whole + fraction).isascii()
        or not (whole + fraction).isdigit()
        or len(fraction) > 4
    ):
        raise TallystickError(
            "money.text",
            "{text!r} is not an amount with at most four decimals.",
            "Write digits, e.g. 1234.50.",
            text=text,
        )
    return sign * (int(whole or 0) * SCALE + int(fraction.ljust(4, "0") or 0))


def format_money(amount: int, decimals: int = 2) -> str:
    """The amount for people: thousands separators, true minus sign (U+2212), exact or rounded half up.

    >>> format_money(-12345000), format_money(5800000, 0)
    ('−1,234.50', '580')
    """
    scaled = round_ratio(abs(amount), 10 ** (4 - decimals), "half_up")
    whole, fraction = divmod(scaled, 10**decimals)
    body = f"{whole:,}" + (f".{fraction:0{decimals}d}" if decimals else "")
    return ("−" if amount < 0 and scaled else "") + body
