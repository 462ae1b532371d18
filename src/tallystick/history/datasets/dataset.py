"""What a dataset is: a lake table, with what loading, keeping and asking need to know of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from tallystick.core.lake import TableSpec

__all__ = ["DAY_NS", "MINUTE_NS", "Dataset"]

DAY_NS = 86_400_000_000_000
MINUTE_NS = 60_000_000_000


class Dataset(msgspec.Struct, frozen=True):
    """A lake table with what loading needs: columns that a source must give, those it may give, and the bars' length.

    The rest (`instrument`, times of knowing, `source`) is the loader's own.
    """

    spec: TableSpec
    required: tuple[str, ...]
    optional: tuple[str, ...]
    prices: tuple[str, ...] = ("open", "high", "low", "close")
    kind: Literal["daily", "minute"] = "daily"
    bar_ns: int = DAY_NS
