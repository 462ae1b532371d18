"""What is traded: an instrument as the house knows it, its symbol, its ISIN."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.schema import Record

if TYPE_CHECKING:
    from tallystick.market.events import RegisterInstrument

__all__ = ["Instrument", "is_isin", "split_symbol"]


class Instrument(Record, frozen=True, kw_only=True):
    """A registered instrument. `code` is its number inside the house, given once; `symbol` is `2330.XTAI`."""

    code: int
    symbol: str
    name: str
    name_zh: str = ""
    isin: str = ""
    market: str
    venue: str
    board: str
    product: str
    currency: str
    industry: str = ""
    underlying: str = ""
    shares_issued: int = 0
    listed_on: datetime.date | None = None
    delisted_on: datetime.date | None = None

    @classmethod
    def of(cls, code: int, command: RegisterInstrument) -> Instrument:
        """The instrument that an accepted registration makes."""
        fields = {name: getattr(command, name) for name in cls.__struct_fields__ if name != "code"}
        return cls(code=code, **fields)


def split_symbol(symbol: str) -> tuple[str, str]:
    """The exchange's own code and the venue of a symbol; empty texts when it has not that form.

    >>> split_symbol("TXF202612.XTAF"), split_symbol("2330")
    (('TXF202612', 'XTAF'), ('', ''))
    """
    code, dot, venue = symbol.rpartition(".")
    good = bool(dot and code) and code.isascii() and code.replace("-", "").isalnum() and len(venue) == 4
    return (code, venue) if good and venue.isalnum() and venue.isupper() else ("", "")


def is_isin(text: str) -> bool:
    """Whether a text is an ISIN with a right check digit (ISO 6166).

    >>> is_isin("TW0002330008"), is_isin("TW0002330009")
    (True, False)
    """
    from stdnum import isin

    return bool(isin.is_valid(text))
