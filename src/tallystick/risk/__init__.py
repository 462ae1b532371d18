"""The risk room: the order gate and the record of margin contracts today; credit, surveillance, screening and cases
are to come.

Words: the *gate* (委託前風控) accepts or refuses each order; a *limit* is a ceiling that only two persons raise; the
*kill switch* (緊急停止開關) stops all orders of a scope at once; a *margin contract* (融資融券契約) keeps the ratio of
its opening day. Guarantees are those of `risk.gate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.risk.gate.machine import GateMachine
    from tallystick.risk.margin.machine import MarginMachine

__all__ = ["GateMachine", "MarginMachine"]

_LAZY = {"GateMachine": "gate.machine", "MarginMachine": "margin.machine"}


def __getattr__(name: str) -> Any:
    """Import a machine on first use, so that the room's words stay light."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
