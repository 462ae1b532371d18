"""Until when something is kept, as a sentence: with the rule's years where the day is not known yet."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.errors import mark
from tallystick.core.text import translate

if TYPE_CHECKING:
    from tallystick.history.keeping.retention import KeepUntil

__all__ = ["NO_RULE", "sentence_of"]

_ = mark

NO_RULE = _("No rule names this class: it is kept for ever, until one is adopted.")

UNTIL = {
    ("year_closed", "years"): _(
        "Kept until the books of {year} are closed, and {value} years more; the closing is not on the journal yet."
    ),
    ("year_closed", "months"): _(
        "Kept until the books of {year} are closed, and {value} months more; the closing is not on the journal yet."
    ),
    ("year_closed", "days"): _(
        "Kept until the books of {year} are closed, and {value} days more; the closing is not on the journal yet."
    ),
    ("relationship_end", "years"): _(
        "Kept until {value} years after the end of each relationship; for a whole partition that day is not known."
    ),
    ("account_closed", "years"): _(
        "Kept until {value} years after the closing of each account; for a whole partition that day is not known."
    ),
}
"""Clock that has not started, unit → sentence."""

UNKNOWN_CLOCK = _("Kept for ever: from when this rule's time counts is not known.")
UNTIL_DATE = _("Kept until {date}, the longest of all rules for it.")


def sentence_of(span: KeepUntil, last: datetime.date, language: str) -> str:
    """Until when records up to a last date are kept, in words.

    >>> from tallystick.history.keeping.retention import KeepUntil
    >>> sentence_of(KeepUntil(datetime.date(2031, 5, 1), None), datetime.date(2026, 5, 1), "en")
    'Kept until 2031-05-01, the longest of all rules for it.'
    >>> sentence_of(KeepUntil(None, None), datetime.date(2026, 5, 1), "en").partition(",")[0]
    'No rule names this class: it is kept for ever'
    """
    if span.date is not None:
        return translate(UNTIL_DATE, language, date=span.date.isoformat())
    if span.row is None:
        return translate(NO_RULE, language)
    told = UNTIL.get((span.row.clock, span.row.unit), UNKNOWN_CLOCK)
    return translate(told, language, year=last.year, value=span.row.value)
