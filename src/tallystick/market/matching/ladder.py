"""The prices that one instrument can have on one day, from its limits and its tick bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tallystick.market.matching.layout import Array

__all__ = ["price_ladder"]


def price_ladder(
    lower: int, upper: int, bounds: Sequence[int] | Array, ticks: Sequence[int] | Array
) -> Array:
    """All valid prices from `lower` to `upper`, ascending, int64 in 1e-4 of the currency.

    Args:
        lower: lowest price wanted, e.g. the down-limit; the ladder begins at the first multiple of its tick.
        upper: highest price wanted, e.g. the up-limit, or for an instrument without limits whatever the venue takes.
        bounds: lower bounds of the tick bands, ascending, the first 0 (a dated rule).
        ticks: the tick of each band.

    >>> price_ladder(99_8000, 101_0000, [0, 100_0000], [1000, 5000]).tolist()
    [998000, 999000, 1000000, 1005000, 1010000]
    """
    parts = []
    for index, tick in enumerate(ticks):
        begin = max(int(bounds[index]), lower, int(tick))
        end = min(int(bounds[index + 1]) - 1 if index + 1 < len(bounds) else upper, upper)
        first = -(-begin // int(tick)) * int(tick)
        if first <= end:
            parts.append(np.arange(first, end + 1, int(tick), dtype=np.int64))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
