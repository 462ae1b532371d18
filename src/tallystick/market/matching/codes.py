"""The matcher's words as numbers: what a message asks, how a book matches, how an order ended."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Action", "BookMode", "EndReason", "Kind", "Outcome", "Validity", "kind_mask"]


class Action(IntEnum):
    """What a message asks of the matcher."""

    NEW = 1
    CANCEL = 2
    REDUCE = 3
    """Take `quantity` off what is left; the order keeps its place in the queue."""


class Kind(IntEnum):
    """Limit or market; the same numbers as the gate's `OrderType`."""

    LIMIT = 1
    MARKET = 2


class Validity(IntEnum):
    """Rest of day, immediate or cancel, fill or kill; the same numbers as the gate's `TimeInForce`."""

    ROD = 1
    IOC = 2
    FOK = 3


class BookMode(IntEnum):
    """How a book treats a new order: not at all, gathers it for a call auction, matches it at once."""

    CLOSED = 0
    CALL = 1
    CONTINUOUS = 2


class Outcome(IntEnum):
    """What became of one message at entry."""

    ACCEPTED = 0
    MALFORMED = 1
    """An unknown book, action, side, kind or validity, or an order number used before."""
    CLOSED = 2
    OFF_LADDER = 3
    """The price is outside the limits or no multiple of the tick."""
    BAD_QUANTITY = 4
    KIND_NOT_ALLOWED = 5
    NOT_OPEN = 6
    """Cancel or reduction of an order that is not in the book: filled, ended, refused or never seen."""
    CANCEL_NOT_ALLOWED = 7


class EndReason(IntEnum):
    """Why an order left the matcher without filling whole."""

    CANCELLED = 1
    EXPIRED = 2
    REMAINDER = 3
    """What an immediate-or-cancel order could not take at once."""
    KILLED = 4
    """A fill-or-kill order that could not be filled whole."""
    REFUSED = 5


def kind_mask(*kinds: tuple[Kind, Validity]) -> int:
    """The bits of the kinds of order that a book takes.

    >>> kind_mask((Kind.LIMIT, Validity.ROD), (Kind.MARKET, Validity.FOK))
    33
    """
    mask = 0
    for kind, validity in kinds:
        mask |= 1 << ((kind - 1) * 3 + validity - 1)
    return mask
