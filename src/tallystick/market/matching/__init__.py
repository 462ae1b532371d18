"""The matcher: price-time priority books of many instruments at once, for simulation, backtest and paper trading.

Words: a *book* gathers the orders of one instrument and one lot type; its *ladder* is the list of prices that it can
have that day; a *level* is one price of the ladder; the *maker* rested, the *taker* came.

Guarantees: integers decide; the same messages in the same order give the same fills, whatever the batches; a filled
quantity is never more than was ordered; no book is crossed after an auction or in continuous trading. No rule number
is in the code: limits, ticks, lots, kinds of order and phases are arguments. The rules are TWSE Operating Rules
art. 58-2 (priority), 58-3 (auctions, continuous trading) and 58-8 (market orders).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.market.matching.codes import Action, BookMode, EndReason, Kind, Outcome, Validity, kind_mask

if TYPE_CHECKING:
    from tallystick.market.matching.ladder import price_ladder
    from tallystick.market.matching.layout import end_dtype, fill_dtype, message_dtype
    from tallystick.market.matching.matcher import Matched, Matcher

__all__ = [
    "Action",
    "BookMode",
    "EndReason",
    "Kind",
    "Matched",
    "Matcher",
    "Outcome",
    "Validity",
    "end_dtype",
    "fill_dtype",
    "kind_mask",
    "message_dtype",
    "price_ladder",
]

_MODULES = {
    "Matched": "matcher",
    "Matcher": "matcher",
    "end_dtype": "layout",
    "fill_dtype": "layout",
    "message_dtype": "layout",
    "price_ladder": "ladder",
}


def __getattr__(name: str) -> Any:
    """Import what needs NumPy and Numba on first use."""
    if name in _MODULES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(name)
