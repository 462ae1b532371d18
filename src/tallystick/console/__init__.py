"""The firm's pages, for people: what the operations give, shown dense and calm, in English and 繁體中文.

Words: the *shell* is what every page stands in (top bar, rail, status bar); a page is of one of five kinds, *list*,
*record*, *board*, *form* or *report*; a *field* is a name that operations use, with its title, unit and form here.

Guarantees: a page calls operations and nothing else, as the person who looks at it; it works by keyboard alone and
without anything from outside; no inline code or style leaves this room.

The rail has a section for the firm itself (overview, journal, work, approvals) and then the seven rooms of the house
that people work in: history, ledger, clients, risk, quant, advisory, governance. `core` and `market` are ground that
all of them stand on; their pages are in the firm's section and in history.

The gateway stands beside this room; the composition root puts both into one process:
`serve(create_api(house, pages=create_pages(house)), host, port)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.console.server import serve
    from tallystick.console.site import create_pages

__all__ = ["create_pages", "serve"]


def __getattr__(name: str) -> Any:
    """Import the pages on first use, so that naming the room stays light."""
    if name == "serve":
        from tallystick.console.server import serve

        return serve
    if name == "create_pages":
        from tallystick.console.site import create_pages

        return create_pages
    raise AttributeError(name)
