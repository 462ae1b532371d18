"""Orders for people: the journal's columns joined to one row an order, one order's life, and the pages of both.

Nothing here decides, and nothing is kept: every reply is made from the journal as it stands.
"""

from __future__ import annotations

__all__: list[str] = []
