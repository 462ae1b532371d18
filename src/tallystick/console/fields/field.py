"""What a name in operations means to people: title, form, unit, width."""

from __future__ import annotations

import msgspec

__all__ = ["KINDS", "MONEY", "RIGHT_KINDS", "Field"]

MONEY = "{currency}"
"""The unit of amounts: the firm's currency."""

KINDS = {
    "text", "symbol", "code", "number", "count", "quantity", "money", "price", "percent", "share", "ratio", "date",
    "time", "stamp", "minute", "key", "id", "hash", "flag", "list", "bytes", "known",
}  # fmt: skip
"""How a value is written: money and prices come as whole 1e-4 units; percent (a change, with its sign) and share (of a
whole) as parts per 10,000; `ratio` is a pure number in 1e-8; `minute` a stamp without seconds; `known` a quantity whose
0 means that nobody said; `bytes` a size, in the unit in which it has few digits."""

RIGHT_KINDS = {"number", "count", "quantity", "known", "money", "price", "percent", "share", "ratio", "bytes"}


class Field(msgspec.Struct, frozen=True):
    """One name: its title, how it is written, its unit (`{currency}` is the firm's), its width in pixels."""

    title: str
    kind: str = "text"
    unit: str = ""
    width: int = 110
    decimals: int = 0
    end: bool = False
    """Whether text is set to the right, because numbers stand in it."""
    words: str = ""
    """For coded values: the table of words, when it is not that of the field's own name."""
    none: str = ""
    """What no value means, where that is a word; else it is written as a dash."""
    letter: str = ""
    """For ids of a day: the letter in front (`O` of `O20261120-42`)."""

    @property
    def right(self) -> bool:
        """Whether it is set to the right, as numbers are."""
        return self.end or self.kind in RIGHT_KINDS
