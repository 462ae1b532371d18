"""Who trades in the made-up market: what foreign investors, trusts and dealers bought and sold, drawn from volumes.

Each instrument has its own circle of investors; foreign investors come and go with the year, and none of them sells or
buys more than was traded. Drawn for each session from seed, date and code, so that a single day is drawn as in a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["INVESTOR_FLOWS", "investor_flows"]

Array = np.ndarray[Any, np.dtype[Any]]

INVESTOR_FLOWS = "history.investor_flows"
CIRCLES = {"foreign": (0.08, 0.42), "trust": (0.002, 0.06), "dealer": (0.01, 0.05), "hedge": (0.005, 0.06)}
"""The least and the largest share of an instrument's volume that each kind of investor stands for."""
YEAR_DAYS, TIDE = 365.25, 0.2
"""Foreign investors' part swells and ebbs by so much over a year."""
NOISE, LEAN = 0.35, 0.3
"""How much a part differs from day to day, and how far bought and sold lie apart."""


def investor_flows(
    symbols: Sequence[str], codes: Array, session_numbers: Array, volumes: Array, seed: int
) -> pa.Table:
    """Rows of `history.investor_flows` by session and instrument, from volumes [sessions, instruments] in units."""
    sessions, count = volumes.shape
    columns: dict[str, Any] = {
        "symbol": pa.array(list(symbols) * sessions),
        "instrument": pa.array(np.tile(codes.astype(np.int32), sessions)),
        "date": pa.array(np.repeat(session_numbers.astype(np.int32), count)).cast(pa.date32()),
    }
    draws = np.stack([_draw(seed, number, codes) for number in session_numbers.tolist()])
    circles = np.random.default_rng([seed, 40]).random((int(codes.max(initial=0)) + 1, len(CIRCLES)))[codes]
    for place, (name, (least, most)) in enumerate(CIRCLES.items()):
        part = least + (most - least) * circles[:, place] ** 2
        if name == "foreign":
            tide = 1 + TIDE * np.sin(2 * np.pi * session_numbers / YEAR_DAYS)
            part = part * tide[:, None]
        busy = np.exp(NOISE * draws[:, 2 * place])
        lean = 1 + LEAN * np.tanh(draws[:, 2 * place + 1])
        for side, tilt in (("bought", lean), ("sold", 2 - lean)):
            units = (volumes * np.minimum(part * busy * tilt, most)).astype(np.int64)
            columns[f"{name}_{side}"] = pa.array(units.reshape(-1))
    return pa.table(columns)


def _draw(seed: int, number: int, codes: Array) -> Array:
    """Standard normal numbers of a session, two for each kind of investor and instrument."""
    random = np.random.default_rng([seed, 41, number])
    drawn: Array = random.standard_normal((2 * len(CIRCLES), int(codes.max(initial=0)) + 1))[:, codes]
    return drawn
