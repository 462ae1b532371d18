"""The lists that the console has, by the operation that fills them: other doors for people show the same columns."""

from __future__ import annotations

from collections.abc import Collection

from tallystick.console.access import ROLES, USERS
from tallystick.console.history.catalog import DATASETS, LOADS
from tallystick.console.history.keeping import ARCHIVES, HOLDS, KEPT, PURGES, QUOTAS, RETENTION
from tallystick.console.history.quarantine import QUARANTINE
from tallystick.console.history.studies import STUDIES
from tallystick.console.journal import BATCHES
from tallystick.console.ledger import ACCOUNTS, OBLIGATIONS, POSITIONS, TRADES
from tallystick.console.listing import ListPage
from tallystick.console.market import INSTRUMENTS, RULES
from tallystick.console.orders import ORDERS
from tallystick.console.work import APPROVALS, WORK

__all__ = ["LIST_PAGES", "list_page_of"]

LIST_PAGES: tuple[ListPage, ...] = (
    ACCOUNTS, APPROVALS, ARCHIVES, BATCHES, DATASETS, HOLDS, INSTRUMENTS, KEPT, LOADS, OBLIGATIONS, ORDERS, POSITIONS,
    PURGES, QUARANTINE, QUOTAS, RETENTION, ROLES, RULES, STUDIES, TRADES, USERS, WORK,
)  # fmt: skip


ALIKE = {
    "history.archive": "history.archives",
    "history.restore": "history.archives",
    "history.purge": "history.purges",
}
"""Operation → the one whose list its reply reads like."""


def list_page_of(operation: str, columns: Collection[str] | None = None) -> ListPage | None:
    """The list page that an operation fills, or None; with columns given only one whose key they hold."""
    name = ALIKE.get(operation, operation)
    fits = (page for page in LIST_PAGES if page.operation == name)
    return next((page for page in fits if columns is None or set(page.key) <= set(columns)), None)
