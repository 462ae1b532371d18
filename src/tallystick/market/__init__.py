"""Instruments, venues, calendars and the dated rules of the markets: what may be traded, when, in which steps, at
what cost, and by which source we know.

Words: a *rule row* is one dated rule with source and status; a *rule set* is all rows in force; a *class* of
instruments (market, venue, board, product) shares all rules; *day terms* are one instrument's limits, tick, lot and
status on one business date; *settlement-only* days have no trading but settle.

Guarantees: no market number is code; a rule that has ended without successor is a fault, never a default; money,
prices and limits are exact integers; every answer names its rows; days outside a calendar's span are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.market.calendars import Calendar
from tallystick.market.charges import Charge, FeeTerms, commission_terms, tax_terms
from tallystick.market.contracts import last_trading_day
from tallystick.market.instruments import Instrument
from tallystick.market.limits import price_limits, round_to_tick, tick_of
from tallystick.market.rule_rows import Phase, RuleRow
from tallystick.market.rules import ExpiredRule, MissingRule, RuleKey, RuleTable, rule_for, rules_of
from tallystick.market.seed import seed_command, seed_rules

if TYPE_CHECKING:
    from tallystick.market.kernels import charge_at, round_to_tick_at, tick_at
    from tallystick.market.machine import MarketMachine
    from tallystick.market.terms import day_terms

__all__ = [
    "Calendar",
    "Charge",
    "ExpiredRule",
    "FeeTerms",
    "Instrument",
    "MarketMachine",
    "MissingRule",
    "Phase",
    "RuleKey",
    "RuleRow",
    "RuleTable",
    "charge_at",
    "commission_terms",
    "day_terms",
    "last_trading_day",
    "price_limits",
    "round_to_tick",
    "round_to_tick_at",
    "rule_for",
    "rules_of",
    "seed_command",
    "seed_rules",
    "tax_terms",
    "tick_at",
    "tick_of",
]

_LAZY = {
    "MarketMachine": "machine", "charge_at": "kernels", "day_terms": "terms",
    "round_to_tick_at": "kernels", "tick_at": "kernels",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what needs NumPy or Numba on first use."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
