"""The History room's pages: the catalog and what made it, quality and quarantine, prices of one instrument, keeping,
studies.

Each module holds the lists and records of one noun; `HANDLERS` are its routes.
"""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from tallystick.console.history import catalog, instrument, keeping, quality, quarantine, studies, verified

__all__ = ["HANDLERS"]

HANDLERS: list[HTTPRouteHandler] = [
    handler
    for family in (catalog, studies, instrument, quality, quarantine, keeping, verified)
    for handler in family.HANDLERS
]
