"""Real daily returns, drawn again in blocks: the market that the simulated instruments live in.

The source is the set of closing prices of 20 large US shares, 1990 to 2022, that ships with the skfolio package; only
its file is read. Returns are split into a market part (the mean over the shares of each day) and what is left of each
share. The stationary bootstrap (Politis and Romano, 1994) draws blocks of days of random length, by default 20 on
average, and goes round at the end. One sequence of blocks serves the market part of all instruments, so that they
move together as the real shares did; each instrument draws its own blocks of the rest of its share.
"""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tallystick.core.errors import TallystickError
from tallystick.core.money import SCALE

__all__ = ["MEAN_BLOCK_DAYS", "RealPrices", "block_days", "bootstrap_returns", "log_returns", "real_prices"]

Array = np.ndarray[Any, np.dtype[Any]]

MEAN_BLOCK_DAYS = 20
"""Average length of a block: about one month, long enough to keep the clusters of calm and rough days."""

DATA_FILE = "datasets/data/sp500_dataset.csv.gz"


class RealPrices(NamedTuple):
    """Closing prices: `symbols` of the columns, `dates` (days since 1970-01-01) of the rows, int64 in 1e-4 USD."""

    symbols: tuple[str, ...]
    dates: Array
    closes: Array


def real_prices() -> RealPrices:
    """The closes of the 20 US shares, adjusted as the data set has them. TallystickError when the file is missing."""
    package = importlib.util.find_spec("skfolio")
    path = Path(package.origin).parent / DATA_FILE if package is not None and package.origin else None
    if path is None or not path.is_file():
        raise TallystickError(
            "simulation.no_prices",
            "The set of real share prices is not installed.",
            "Install the package skfolio, which ships it.",
        )
    with gzip.open(path, "rt", encoding="utf-8") as file:
        _, *symbols = file.readline().strip().split(",")
        cells = [line.strip().split(",") for line in file if line.strip()]
    dates = np.array([row[0] for row in cells], "datetime64[D]").astype(np.int32)
    closes = np.rint(np.array([row[1:] for row in cells], np.float64) * SCALE).astype(np.int64)
    return RealPrices(tuple(symbols), dates, closes)


def log_returns(closes: Array) -> Array:
    """Daily logarithmic returns [days − 1, shares] of closes [days, shares]."""
    returns: Array = np.diff(np.log(closes.astype(np.float64)), axis=0)
    return returns


def block_days(
    random: np.random.Generator, days: int, length: int, mean_block: float = MEAN_BLOCK_DAYS
) -> Array:
    """`length` row numbers below `days`, int64: blocks that follow one another, each day a new one with 1/mean_block.

    >>> block_days(np.random.default_rng(7), 1000, 6, mean_block=4).tolist()
    [912, 913, 914, 821, 822, 823]
    """
    fresh = random.random(length) < 1 / mean_block
    fresh[:1] = True
    starts = random.integers(0, days, length)
    block = np.maximum.accumulate(np.where(fresh, np.arange(length), 0))
    rows: Array = (starts[block] + np.arange(length) - block) % days
    return rows


def bootstrap_returns(
    returns: Array,
    sources: Array,
    length: int,
    seed: int,
    *,
    mean_block: float = MEAN_BLOCK_DAYS,
    own: Array | None = None,
) -> Array:
    """Returns [length, instruments] drawn in blocks from real returns [days, shares].

    `sources` names the share of each instrument; `own` (by default 1) scales the part that is not the market's, e.g.
    below 1 for a fund. Equal arguments give equal returns, and an instrument's own blocks do not depend on the others.
    """
    market = returns.mean(axis=1)
    betas = (returns * market[:, None]).mean(axis=0) / (market * market).mean()
    rest = returns - market[:, None] * betas
    days = len(returns)
    shared = market[block_days(np.random.default_rng([seed, 0]), days, length, mean_block)]
    scale = np.ones(len(sources)) if own is None else own
    drawn = np.empty((length, len(sources)))
    for place, source in enumerate(sources.tolist()):
        rows = block_days(np.random.default_rng([seed, 1, place]), days, length, mean_block)
        drawn[:, place] = betas[source] * shared + scale[place] * rest[rows, source]
    return drawn
