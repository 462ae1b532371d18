"""What the names in operations mean to people: title, form, unit, width. One name, one meaning, on every page.

The names stand by the room that speaks of them most; a name that two rooms use stands once.
"""

from __future__ import annotations

from tallystick.console.fields.field import KINDS, RIGHT_KINDS, Field
from tallystick.console.fields.history import HISTORY
from tallystick.console.fields.journal import JOURNAL
from tallystick.console.fields.ledger import LEDGER
from tallystick.console.fields.market import MARKET
from tallystick.console.fields.orders import ORDERS
from tallystick.console.fields.studies import STUDIES
from tallystick.console.fields.work import WORK

__all__ = ["FIELDS", "KINDS", "RIGHT_KINDS", "Field", "field_of"]

GROUPS = (JOURNAL, ORDERS, LEDGER, MARKET, HISTORY, STUDIES, WORK)

FIELDS: dict[str, Field] = {name: field for group in GROUPS for name, field in group.items()}

assert len(FIELDS) == sum(map(len, GROUPS)), "a name has one meaning"


def field_of(name: str) -> Field:
    """The field of a name; one that is not listed is shown as text under its own name.

    >>> field_of("unheard_of").title
    'unheard of'
    """
    return FIELDS.get(name) or Field(name.replace("_", " "))
