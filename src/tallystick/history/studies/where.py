"""Which venues a study is about: amounts of two currencies are never added, so it is about venues of one."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.market import RuleTable

__all__ = ["Where", "where_of"]


class Where(NamedTuple):
    """Venues of one market, their currency, and the zone of their clocks."""

    venues: list[str]
    currency: str
    zone: str


def where_of(context: Context, venue: str, instrument: str) -> Where:
    """The venue that is named, or an instrument's; without either those of the home market in the firm's currency.

    MissingRule for a venue that no rule knows names the nearest.
    """
    rules: RuleTable = context.machine("market").rules
    firm, known = context.settings.firm, rules.venues()
    one = venue or instrument.rpartition(".")[2]
    if venue or one in known:
        return Where([one], _text(rules, one, "currency"), _text(rules, one, "zone"))
    home = firm.home_calendar
    alike = [
        each
        for each, market in known.items()
        if each != home and market == known.get(home) and _text(rules, each, "currency") == firm.currency
    ]
    return Where([home, *alike], firm.currency, firm.zone)


def _text(rules: RuleTable, venue: str, field: str) -> str:
    """What the rules say of a venue."""
    market = rules.market_of(venue)
    return str(rules.rule(field, market=market, venue=venue, date=datetime.date.max).value)
