"""The order of the day among rows that begin at one time: opening auction, all others by name, closing auction."""

from __future__ import annotations

from tallystick.core.lake.order import Order, Ranked, columns_of
from tallystick.history.datasets import Dataset

__all__ = ["CLOSING", "OPENING", "full_order"]

OPENING, CLOSING = ("opening_call", "open_auction"), ("closing_call", "close_auction")
"""Phases whose prints come before, and after, other rows that begin at the same time."""


def full_order(dataset: Dataset, asked: Order = ()) -> Order:
    """An order in which no two facts of a dataset are equal: what is asked for, then as the dataset is sorted, then by
    the rest of its key (without the date, which an instant tells), phases in the order of the day.

    >>> from tallystick.history.datasets import find_dataset
    >>> full_order(find_dataset("history.trades"), ["-price"])
    ['-price', 'symbol', 'ts', 'seq']
    """
    order = list(asked)
    rest = [name for name in dataset.spec.key if name not in (*dataset.spec.sort, "date")]
    for name in (*dataset.spec.sort, *rest):
        if name not in columns_of(order):
            order += [Ranked(name, OPENING, CLOSING), name] if name == "phase" else [name]
    return order
