"""The phases of an exchange's trading day, as data: the exchange and the order flow read them, rules fill them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = ["TradingPhase", "phases_of"]


class TradingPhase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase of one lot type's books.

    A call gathers orders and is auctioned once, when it closes. A periodic call is auctioned at `first_match` and
    every `interval` after it, and when it closes. Books are shut between phases. What is left expires when a phase
    with `ends_session` closes.
    """

    name: str
    lot_type: int
    """`LotType`: 1 board lots, 2 odd lots."""
    mode: Literal["call", "continuous", "periodic"]
    opens: int
    """UTC ns, included."""
    closes: int
    """UTC ns, excluded."""
    kinds: int
    """Kinds of order taken (`kind_mask` of the matcher)."""
    first_match: int = 0
    """UTC ns of a periodic call's first auction."""
    interval: int = 0
    """ns between a periodic call's auctions."""
    random_priority: bool = False
    """Orders entered before the first auction get their priority by lot (TWSE art. 58-2)."""
    cancels: bool = True
    """Whether orders can be cancelled or reduced."""
    ends_session: bool = False
    """Whether all that is left expires when the phase closes."""
    statuses: tuple[int, ...] = (0, 3)
    """Statuses of the day's terms (`SetDayTerms`) whose instruments follow this phase."""


def phases_of(
    phases: Sequence[TradingPhase], lot_type: int = 1, status: int | None = 0
) -> list[TradingPhase]:
    """The phases of one lot type, of instruments of one status or of all (None), in order of time."""
    chosen = [
        phase
        for phase in phases
        if phase.lot_type == lot_type and (status is None or status in phase.statuses)
    ]
    return sorted(chosen, key=lambda phase: phase.opens)
