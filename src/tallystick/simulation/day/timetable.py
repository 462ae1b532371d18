"""The day's clock by the dated rules: phases for exchange and flow, settlement deadlines, the slots between them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.time import SECOND, market_time
from tallystick.ledger import settlement_deadlines
from tallystick.market import Calendar, RuleKey, RuleTable, matching
from tallystick.simulation.phases import TradingPhase

if TYPE_CHECKING:
    from tallystick.market import MarketMachine, Phase

__all__ = ["Timetable", "slot_ends", "timetable"]

BOARD, ODD = 1, 2
NORMAL, DISPOSITION, FULL_DELIVERY = 0, 2, 3


class Timetable(NamedTuple):
    """What the rules say of a trading day; times in UTC ns.

    When the firm opens, the phases, deadlines (name, time), when trading is closed in the books, when the day is over,
    lots in the largest order.
    """

    opens: int
    phases: list[TradingPhase]
    deadlines: list[tuple[str, int]]
    trading_closed: int
    closes: int
    largest_lots: int


def timetable(market: MarketMachine, date: datetime.date, venue: str = "XTAI") -> Timetable:
    """The clock of a date by the rules in force. MissingRule or ExpiredRule when the rules do not say."""
    calendar, rules = market.calendar(venue), market.rules
    found = {phase.name: phase for phase in calendar.phases(date)}
    clock = Clock(date, calendar)
    key = RuleKey(market=calendar.market, venue=venue, product="stock")
    phases = _board_phases(clock, found, rules, key) + _odd_phases(clock, found, rules, key)
    deadlines = settlement_deadlines(market, date, venue)
    return Timetable(
        clock.at(datetime.time(8)),
        phases,
        deadlines,
        clock.at(datetime.time(15)),
        clock.at(datetime.time(18)),
        rules.row("order_maximum_lots", key, date).count,
    )


def slot_ends(clock: Timetable, seconds: int) -> list[int]:
    """Ends of the slots from the first phase's opening to the last one's close, UTC ns.

    Slots are `seconds` long; one ends at each deadline and each phase's end, so that none of them falls inside a slot.
    """
    first = min(phase.opens for phase in clock.phases)
    last = max(phase.closes for phase in clock.phases)
    cuts = set(range(first + seconds * SECOND, last, seconds * SECOND))
    cuts |= {time for phase in clock.phases for time in (phase.opens, phase.closes) if first < time < last}
    cuts |= {time for _, time in clock.deadlines if first < time < last}
    # The exchange works up to an end without it: the last auction needs one more instant.
    return [*sorted(cuts), last + 1]


class Clock(NamedTuple):
    """Turns times of day of a calendar's zone into UTC ns."""

    date: datetime.date
    calendar: Calendar

    def at(self, time: datetime.time) -> int:
        """The moment of a time of day."""
        return market_time(self.date, time, self.calendar.zone)


def _board_phases(
    clock: Clock, found: dict[str, Phase], rules: RuleTable, key: RuleKey
) -> list[TradingPhase]:
    """Board lots: opening call, continuous trading, closing call; for disposition stocks a match every few minutes."""
    entry, opening = found["order_entry"], found["opening_call"]
    continuous, closing = found["continuous"], found["closing_call"]
    call_kinds = _kinds(rules, key, clock.date, "order_types.call")
    interval = 60 * SECOND * rules.row("disposition_interval", key, clock.date).count
    first_match = clock.at(continuous.opens) + interval
    ordinary = (NORMAL, FULL_DELIVERY)
    return [
        TradingPhase(
            name=opening.name, lot_type=BOARD, mode="call", opens=clock.at(entry.opens),
            closes=clock.at(opening.closes), kinds=call_kinds, random_priority=True,
            statuses=(NORMAL, DISPOSITION, FULL_DELIVERY),
        ),
        TradingPhase(
            name=continuous.name, lot_type=BOARD, mode="continuous", opens=clock.at(continuous.opens),
            closes=clock.at(continuous.closes), kinds=_kinds(rules, key, clock.date, "order_types.continuous"),
            statuses=ordinary,
        ),
        TradingPhase(
            name="disposition_call", lot_type=BOARD, mode="periodic", opens=clock.at(continuous.opens),
            closes=clock.at(continuous.closes), kinds=call_kinds, first_match=first_match, interval=interval,
            statuses=(DISPOSITION,),
        ),
        TradingPhase(
            name=closing.name, lot_type=BOARD, mode="call", opens=clock.at(closing.opens),
            closes=clock.at(closing.closes), kinds=call_kinds, ends_session=True,
            statuses=(NORMAL, DISPOSITION, FULL_DELIVERY),
        ),
    ]  # fmt: skip


def _odd_phases(clock: Clock, found: dict[str, Phase], rules: RuleTable, key: RuleKey) -> list[TradingPhase]:
    """Odd lots of the day: a match every few seconds; none on dates before there was one."""
    phase = found.get("odd_lot")
    if phase is None:
        return []
    interval = rules.row("odd_lot_interval", key, clock.date)
    return [
        TradingPhase(
            name=phase.name, lot_type=ODD, mode="periodic", opens=clock.at(phase.opens), closes=clock.at(phase.closes),
            kinds=_kinds(rules, key, clock.date, "order_types.odd_lot"), interval=interval.count * SECOND,
            first_match=clock.at(rules.row("odd_lot_first_match", key, clock.date).clock), ends_session=True,
        )
    ]  # fmt: skip


def _kinds(rules: RuleTable, key: RuleKey, date: datetime.date, field: str) -> int:
    """The kinds of order that a rule row lists, e.g. `limit ROD,market IOC`, as the matcher's mask."""
    words: Sequence[str] = rules.row(field, key, date).value.split(",")
    pairs = [word.strip().split() for word in words]
    kinds = ((matching.Kind[kind.upper()], matching.Validity[validity]) for kind, validity in pairs)
    return matching.kind_mask(*kinds)
