"""The firm's pages, for people: what the operations give, shown dense and calm, in English and 繁體中文.

Words: the *shell* is what every page stands in (top bar, rail, status bar); a page is of one of five kinds, *list*,
*record*, *board*, *form* or *report*; a *field* is a name that operations use, with its title, unit and form here.

Guarantees: a page calls operations and nothing else, as the person who looks at it; it works by keyboard alone and
without anything from outside; no inline code or style leaves this room.

The rail has a section for the firm itself (overview, journal, work, approvals), one for the market, and then the seven
rooms of the house that people work in: history, ledger, clients, risk, quant, advisory, governance. Users and roles
stand under governance.

The gateway stands beside this room; the composition root puts both into one process:
`serve(create_api(house, pages=create_pages(house)), host, port)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.console.asked import asked_field
    from tallystick.console.codes import word_of
    from tallystick.console.fields import Field, field_of
    from tallystick.console.meanings import columns_in, meaning_of, with_unit
    from tallystick.console.pages import list_page_of
    from tallystick.console.replies import pairs_of, plain_of, rows_of
    from tallystick.console.sections import sections_of
    from tallystick.console.server import serve
    from tallystick.console.site import create_pages
    from tallystick.console.writing import with_cents, written

__all__ = [
    "Field",
    "asked_field",
    "columns_in",
    "create_pages",
    "field_of",
    "list_page_of",
    "meaning_of",
    "pairs_of",
    "plain_of",
    "rows_of",
    "sections_of",
    "serve",
    "with_cents",
    "with_unit",
    "word_of",
    "written",
]

_LAZY = {
    "Field": "fields", "asked_field": "asked", "columns_in": "meanings", "with_unit": "meanings",
    "create_pages": "site", "field_of": "fields", "list_page_of": "pages", "meaning_of": "meanings",
    "pairs_of": "replies",
    "plain_of": "replies", "rows_of": "replies", "sections_of": "sections", "serve": "server", "with_cents": "writing",
    "word_of": "codes", "written": "writing",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the pages on first use, so that naming the room stays light."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
