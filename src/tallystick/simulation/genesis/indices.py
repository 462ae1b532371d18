"""Made-up indices: which shares belong to them when, with what weight, as it was announced at each review.

A share is told twice: when it is taken in, without an end, and when the next review is announced, with it. So the
members can be asked as they were known; those that left stay.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

__all__ = ["INDEX_MEMBERS", "Shares", "index_rows"]

Array = np.ndarray[Any, np.dtype[Any]]

INDEX_MEMBERS = "history.index_members"
MARKET_INDEX, ELECTRONICS_INDEX = "MX50", "MXELEC"
ELECTRONICS = ("Electronics", "Semiconductor", "Optoelectronics", "Communications")
MOST_MEMBERS, MEMBER_SHARE = 50, 0.3
REVIEW_MONTHS = (3, 6, 9, 12)
NOTICE = 5
"""Sessions between the announcement of a review and its taking effect."""
WHOLE = 10**8
PURPOSE, RESTLESS = 51, 0.25
"""How much the order by size is stirred at each review, as the deviation of a logarithm."""


class Shares(NamedTuple):
    """The shares that an index may hold: symbols, codes, industries, and capitalisation [sessions, shares]."""

    symbols: Sequence[str]
    codes: Array
    industries: Sequence[str]
    sizes: Array


def index_rows(shares: Shares, sessions: Sequence[datetime.date], seed: int, known_at: Any) -> pa.Table:
    """Rows of `history.index_members` of both indices over the sessions; `known_at` gives a date's moment."""
    reviews = _reviews(sessions)
    rows: list[tuple[Any, ...]] = []
    electronics = np.flatnonzero([industry in ELECTRONICS for industry in shares.industries])
    every = np.arange(len(shares.symbols))
    for number, (name, eligible) in enumerate(((MARKET_INDEX, every), (ELECTRONICS_INDEX, electronics))):
        random = np.random.default_rng([seed, PURPOSE, number])
        sizes = shares.sizes[:, eligible].astype(float)
        if not len(eligible):
            continue
        members = min(MOST_MEMBERS, max(1, round(MEMBER_SHARE * len(every))), len(eligible))
        for place, review in enumerate(reviews):
            stirred = sizes[review] * np.exp(RESTLESS * random.standard_normal(len(eligible)))
            chosen = np.sort(np.argsort(-stirred, kind="stable")[:members])
            weights = np.floor(sizes[review, chosen] / sizes[review, chosen].sum() * WHOLE).astype(np.int64)
            weights[np.argmax(weights)] += WHOLE - weights.sum()
            told = known_at(sessions[max(review - NOTICE, 0)])
            ends = reviews[place + 1] if place + 1 < len(reviews) else None
            for column, weight in zip(eligible[chosen].tolist(), weights.tolist(), strict=True):
                row = (name, column, sessions[review], weight)
                rows.append((*row, None, told))
                if ends is not None:
                    last = sessions[ends] - datetime.timedelta(days=1)
                    rows.append((*row, last, known_at(sessions[ends - NOTICE])))
    return _table(rows, shares)


def _reviews(sessions: Sequence[datetime.date]) -> list[int]:
    """Places of the sessions from which the members of a review count: the first one, then the first after the middle
    of each month of review.
    """
    found = [0]
    for place in range(2 * NOTICE, len(sessions)):
        before, session = sessions[place - 1], sessions[place]
        if (
            session.month in REVIEW_MONTHS
            and session.day > 15 >= before.day
            and before.month == session.month
        ):
            found.append(place)
    return found


def _table(rows: list[tuple[Any, ...]], shares: Shares) -> pa.Table:
    names, columns, begins, weights, ends, known = ([row[place] for row in rows] for place in range(6))
    return pa.table({
        "index": pa.array(names, pa.string()),
        "symbol": pa.array([shares.symbols[column] for column in columns], pa.string()),
        "instrument": pa.array(shares.codes[columns].astype(np.int32)),
        "valid_from": pa.array(begins, pa.date32()),
        "valid_to": pa.array(ends, pa.date32()),
        "weight": pa.array(weights, pa.int64()),
        "known_time": pa.array(known, pa.int64()),
    })  # fmt: skip
