"""Where the flow pulls each instrument through the day: a random path from the opening gap to the target close."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tallystick.simulation.layout import Array

__all__ = ["fair_levels"]


def fair_levels(
    rng: np.random.Generator,
    ladders: Sequence[Array],
    references: Array,
    targets: Array,
    volatility: float,
    steps: int,
    opening_step: int,
    closing_step: int,
) -> Array:
    """int32 [instruments, steps], in 1/256 levels of each ladder (level 1 is its first price).

    Constant until the opening, then a bridge of summed uniform steps to the target, constant from the closing call on.
    Only sums, products and roots are used, so that the path is the same on every machine.

    Args:
        rng: the path's own random numbers.
        ladders: the valid prices of each instrument.
        references: reference prices, 1e-4.
        targets: the day's returns aimed at, as fractions of the reference price.
        volatility: standard deviation of the path between its ends, as a fraction of the reference price.
        steps: columns.
        opening_step: column of the opening.
        closing_step: column from which the target is held.
    """
    count = len(ladders)
    gaps = targets * 0.35 + volatility * 0.4 * _uniform(rng, (count,))
    length = max(2, closing_step - opening_step)
    walk = np.cumsum(_uniform(rng, (count, length)), axis=1) / np.sqrt(length)
    part = np.arange(1, length + 1) / length
    bridge = (walk - walk[:, -1:] * part) * volatility + gaps[:, None] + (targets - gaps)[:, None] * part
    path = np.empty((count, steps))
    path[:, :opening_step] = gaps[:, None]
    path[:, opening_step : opening_step + length] = bridge[:, : steps - opening_step]
    path[:, closing_step:] = targets[:, None]
    fair = np.empty((count, steps), np.int32)
    for row, ladder in enumerate(ladders):
        prices = references[row] * (1 + path[row])
        fair[row] = np.rint(np.interp(prices, ladder, np.arange(1, len(ladder) + 1)) * 256)
    return fair


def _uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Uniform numbers of mean 0 and variance 1."""
    numbers: Array = (rng.random(shape) * 2 - 1) * np.sqrt(3)
    return numbers
