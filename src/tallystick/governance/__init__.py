"""Governance: the firm answers for itself.

The first slice holds the tour of the founding document, the day report and onboarding; reconciliation, logs,
metrics, incidents, capacity and lineage come later.
"""

from __future__ import annotations

from tallystick.governance.tour import FoundingLine, founding_lines

__all__ = ["FoundingLine", "founding_lines"]
