"""The lists that the console has, by the operation that fills them: other doors for people show the same columns."""

from __future__ import annotations

from tallystick.console.access import ROLES, USERS
from tallystick.console.history import DATASETS, QUARANTINE
from tallystick.console.journal import BATCHES
from tallystick.console.ledger import ACCOUNTS, OBLIGATIONS, POSITIONS, TRADES
from tallystick.console.listing import ListPage
from tallystick.console.market import INSTRUMENTS, RULES
from tallystick.console.orders import ORDERS
from tallystick.console.work import APPROVALS, WORK

__all__ = ["LIST_PAGES", "list_page_of"]

LIST_PAGES: tuple[ListPage, ...] = (
    ACCOUNTS, APPROVALS, BATCHES, DATASETS, INSTRUMENTS, OBLIGATIONS, ORDERS, POSITIONS, QUARANTINE, ROLES,
    RULES, TRADES, USERS, WORK,
)  # fmt: skip


def list_page_of(operation: str) -> ListPage | None:
    """The list page that an operation fills, or None."""
    return next((page for page in LIST_PAGES if page.operation == operation), None)
