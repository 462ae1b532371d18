"""The History room's pages: the catalog and what made it, questions, studies, prices of one instrument, quality
and quarantine, keeping.

Each module holds the lists and records of one noun; `HANDLERS` are its routes.
"""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from tallystick.console.history import (
    asking,
    catalog,
    instrument,
    keeping,
    quality,
    quarantine,
    studies,
    verified,
)

__all__ = ["HANDLERS"]

HANDLERS: list[HTTPRouteHandler] = [
    handler
    for family in (catalog, asking, studies, instrument, quality, quarantine, keeping, verified)
    for handler in family.HANDLERS
]
