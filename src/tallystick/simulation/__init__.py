"""A synthetic securities firm with ground truth: its market, its clients, its days, and the files of its outside world.

Words: a *plan* says what a firm is made of; *genesis* makes it; the *flow* is what clients and the rest of the market
send; an *oddity* is something wrong on purpose; the *truth table* labels every oddity.

Guarantees: a plan and its seed decide everything; all that the firm does goes through its gate, journal and ledger as
it would in earnest; a stopped run goes on with the same journal; no room of the product reads the truth table; prices
borrow the daily returns of real shares, while names, persons, codes and files are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.simulation.day.run import run_day
    from tallystick.simulation.genesis.build import build
    from tallystick.simulation.genesis.plan import DemoPlan, load_plan
    from tallystick.simulation.keeping import show_keeping
    from tallystick.simulation.summaries import BuildSummary, DaySummary

__all__ = ["BuildSummary", "DaySummary", "DemoPlan", "build", "load_plan", "run_day", "show_keeping"]

_MODULES = {
    "BuildSummary": "summaries", "DaySummary": "summaries", "DemoPlan": "genesis.plan", "build": "genesis.build",
    "load_plan": "genesis.plan", "run_day": "day.run", "show_keeping": "keeping",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a part of the room on first use."""
    if name in _MODULES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(name)
