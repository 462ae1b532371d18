"""Margin contracts: each with its own ratio and dates, taken over at onboarding.

Calls, maintenance ratio, disposal and quotas come later; the record of contracts is final.
"""

from __future__ import annotations

from tallystick.risk.margin.events import ContractKind, RecordMarginContract
from tallystick.risk.margin.machine import MarginMachine

__all__ = ["ContractKind", "MarginMachine", "RecordMarginContract"]
