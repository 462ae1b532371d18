"""What rule holds for an instrument on a date, and by which source. Pure: no clock, no files.

The most exact row wins: one for the product before one for every product, then the board, then the venue. A rule
that has ended without a successor is a fault (`ExpiredRule`), never a silent default.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.errors import mark as _
from tallystick.core.schema import Record
from tallystick.market.rule_rows import RuleRow, encode_rows, name_row, problems_of, product_chain

__all__ = [
    "EXPIRY_WARNING_DAYS", "Classified", "ExpiredRule", "MissingRule", "RuleKey", "RuleTable", "RulesInForce",
    "TickTable", "rule_for", "rules_of",
]  # fmt: skip

EXPIRY_WARNING_DAYS = 60
"""How long before its last day a row without successor is shown as expiring."""

REMEMBERED_ANSWERS = 100_000

TickTable = tuple[tuple[int, int], ...]
"""Tick bands as (lower bound, tick), both int64 in 1e-4, ascending from 0."""

Group = tuple[str, str, str]
"""The (venue, board, product) of a row, `*` for every one."""


class ExpiredRule(TallystickError):
    """The last row for this has ended and nothing is known to follow it: someone must look up the new rule."""


class MissingRule(NotFound):
    """No row says anything about this."""


class Classified(Protocol):
    """What rules are looked up by; every instrument has it."""

    @property
    def market(self) -> str:
        """The jurisdiction: TW, CN, US."""

    @property
    def venue(self) -> str:
        """The venue's market identifier code, e.g. XTAI."""

    @property
    def board(self) -> str:
        """The venue's segment; for derivatives the contract's code."""

    @property
    def product(self) -> str:
        """The product class, e.g. stock, etf, future_index."""


class RuleKey(Record, frozen=True, kw_only=True):
    """A class of instruments that share all rules."""

    market: str
    venue: str
    board: str = "*"
    product: str = "*"

    @classmethod
    def of(cls, classified: Classified) -> RuleKey:
        """The class that an instrument is in."""
        return cls(
            market=classified.market,
            venue=classified.venue,
            board=classified.board,
            product=classified.product,
        )


class RulesInForce(Record, frozen=True, kw_only=True):
    """Every field that is known for a class of instruments on a date, with its rows (bands and sides), and the last
    rows of the fields that have expired.
    """

    key: RuleKey
    date: datetime.date
    rows: dict[str, tuple[RuleRow, ...]]
    expired: dict[str, tuple[RuleRow, ...]]


class RuleTable:
    """All rule rows in force in a firm, indexed; immutable. `fields` names the known fields with their units.

    >>> from tallystick.market.seed import seed_rules
    >>> rules = seed_rules()
    >>> row = rules.rule("price_limit", market="TW", venue="XTAI", product="stock", side="up",
    ...                  date=datetime.date(2026, 11, 20))
    >>> row.value, row.unit, row.valid_from, row.status
    ('10', 'percent', datetime.date(2015, 6, 1), 'verified')
    """

    def __init__(self, rows: Iterable[RuleRow] = (), fields: dict[str, set[str]] | None = None) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: row.identity))
        self.fields = fields or {}
        self._index: dict[tuple[str, str], dict[Group, list[RuleRow]]] = defaultdict(dict)
        for row in self.rows:
            group = (row.venue, row.board, row.product)
            self._index[row.market, row.field].setdefault(group, []).append(row)
        self._found: dict[Any, tuple[RuleRow, ...]] = {}
        self._venues = {row.venue: row.market for row in self.rows if row.field == "calendar"}
        self._days: dict[str, list[RuleRow]] = defaultdict(list)
        for row in self.rows:
            if row.field == "session_day":
                self._days[row.venue].append(row)

    @functools.cached_property
    def payload(self) -> bytes:
        """The rows in canonical form, as `AdoptRules` carries them."""
        return encode_rows(self.rows)

    @functools.cached_property
    def rule_set(self) -> str:
        """The name of this set of rows: SHA-256 of their canonical form, first 16 hex digits."""
        return hashlib.sha256(self.payload).hexdigest()[:16]

    def problems(self) -> list[str]:
        """What is wrong with the rows, one sentence each; empty for a good table."""
        return problems_of(self.rows, self.fields)

    def adopt(self, changes: Iterable[RuleRow]) -> RuleTable:
        """The table after a change: a row replaces the one of its identity, a withdrawn row removes it."""
        kept = {row.identity: row for row in self.rows}
        for row in changes:
            kept.pop(row.identity, None)
            if row.status != "withdrawn":
                kept[row.identity] = row
        return RuleTable(kept.values(), self.fields)

    def find(
        self,
        field: str,
        key: Classified,
        date: datetime.date,
        side: str = "",
    ) -> tuple[RuleRow, ...]:
        """The rows of the most exact group that hold on a date, by lower bound; empty when no row is about this.

        ExpiredRule when that group's rows have all ended. Rows that start later leave the word to wider groups.
        """
        asked = (field, key.market, key.venue, key.board, key.product, date, side)
        if asked not in self._found:
            if len(self._found) >= REMEMBERED_ANSWERS:
                self._found.clear()
            self._found[asked] = self._find(field, key, date, side)
        return self._found[asked]

    def _find(self, field: str, key: Classified, date: datetime.date, side: str) -> tuple[RuleRow, ...]:
        for rows in self._groups(field, key):
            about = [row for row in rows if not side or row.side in ("", side)]
            holding = [row for row in about if row.applies(date)]
            if holding:
                return tuple(sorted(holding, key=lambda row: (row.side, row.lower_bound)))
            last = max(about, key=lambda row: row.valid_to or datetime.date.max, default=None)
            if last is not None and last.valid_to is not None and last.valid_to < date:
                raise ExpiredRule(
                    "market.rule_expired",
                    "The rule {field} has no row for {date}: the last one known is {row}.",
                    "Look up the rule that follows it and propose it as in docs/how-to/correct-a-rule.md.",
                    field=field, date=date, row=name_row(last),
                )  # fmt: skip
        return ()

    def _groups(self, field: str, key: Classified) -> Iterator[list[RuleRow]]:
        groups = self._index.get((key.market, field), {})
        for product in product_chain(key.product):
            for board in dict.fromkeys((key.board, "*")):
                for venue in dict.fromkeys((key.venue, "*")):
                    if (venue, board, product) in groups:
                        yield groups[venue, board, product]

    def row(
        self, field: str, key: Classified, date: datetime.date, side: str = "", value: int | None = None
    ) -> RuleRow:
        """The one row for a class of instruments on a date.

        `side` is needed where the sides differ, `value` (int64, 1e-4) where the rule has bands: the band with the
        highest lower bound at or below it. MissingRule when nothing is known, ExpiredRule when it has ended.
        """
        found = self.find(field, key, date, side)
        if value is not None:
            found = tuple(row for row in found if row.lower_bound <= value)[-1:]
        if not found:
            raise self._missing(field, key, date)
        if len(found) > 1:
            raise TallystickError(
                "market.rule_many",
                "The rule {field} has {count} rows for {date}.",
                "Say the side (up, down, buy, sell) or the value whose band is meant.",
                field=field, count=len(found), date=date,
            )  # fmt: skip
        return found[0]

    def _missing(self, field: str, key: Classified, date: datetime.date) -> MissingRule:
        remedy = _("Its rows are listed by `tally market rules --field {field}`.")
        near: dict[str, Any] = {}
        if field not in self.fields:
            remedy, near = suggestion(field, sorted(self.fields))
        place = "/".join((key.market, key.venue, key.board, key.product))
        return MissingRule(
            "market.rule_missing",
            "No rule {field} is known for {place} on {date}.",
            remedy,
            field=field, place=place, date=date, **near,
        )  # fmt: skip

    def rule(
        self, field: str, *, market: str, venue: str = "*", board: str = "*", product: str = "*",
        date: datetime.date, side: str = "", value: int | None = None,
    ) -> RuleRow:  # fmt: skip
        """`row` with the class of instruments spelled out."""
        key = RuleKey(market=market, venue=venue, board=board, product=product)
        return self.row(field, key, date, side, value)

    def in_force(self, classified: Classified, date: datetime.date) -> RulesInForce:
        """Every field known for a class of instruments on a date: the answer to "what rule holds, by which source"."""
        key = RuleKey.of(classified)
        rows: dict[str, tuple[RuleRow, ...]] = {}
        expired: dict[str, tuple[RuleRow, ...]] = {}
        for market, field in sorted(self._index):
            if market != key.market or field == "session_day":
                continue
            try:
                found = self.find(field, key, date)
            except ExpiredRule:
                ended = [row for group in self._groups(field, key) for row in group]
                last = max(row.valid_to for row in ended if row.valid_to)
                expired[field] = tuple(row for row in ended if row.valid_to == last)
                continue
            if found:
                rows[field] = found
        return RulesInForce(key=key, date=date, rows=rows, expired=expired)

    def tick_table(self, classified: Classified, date: datetime.date) -> TickTable:
        """The tick bands of a class of instruments on a date. MissingRule when none are known."""
        found = self.find("tick", classified, date)
        if not found:
            raise self._missing("tick", classified, date)
        return tuple((row.lower_bound, row.amount) for row in found)

    def tick_tables(self) -> set[TickTable]:
        """Every tick table that some class of instruments has at some time."""
        tables: dict[tuple[object, ...], list[RuleRow]] = defaultdict(list)
        for row in self.rows:
            if row.field == "tick":
                tables[(*row.key[:6], row.valid_from)].append(row)
        return {tuple(sorted((row.lower_bound, row.amount) for row in table)) for table in tables.values()}

    def ending(self, date: datetime.date, days: int = EXPIRY_WARNING_DAYS) -> dict[str, tuple[RuleRow, ...]]:
        """Rows without successor that end soon (`expiring`: within `days` of the date) or have ended (`expired`).

        Days of the calendar are no rules that expire, and are left out.
        """
        last: dict[tuple[object, ...], RuleRow] = {}
        for row in self.rows:
            if row.unit != "day":
                before = last.get(row.key)
                if before is None or (row.valid_to or datetime.date.max) > (
                    before.valid_to or datetime.date.max
                ):
                    last[row.key] = row
        ends = [(row, row.valid_to) for row in last.values() if row.valid_to is not None]
        followed = {row.identity for row, end in ends if self._followed(row, end)}
        limit = date + datetime.timedelta(days=days)
        open_ends = [(row, end) for row, end in ends if row.identity not in followed]
        return {
            "expired": tuple(row for row, end in open_ends if end < date),
            "expiring": tuple(row for row, end in open_ends if date <= end <= limit),
        }

    def _followed(self, row: RuleRow, end: datetime.date) -> bool:
        """Whether another row of the group, for this side or with other bands, holds on the day after the end."""
        group = self._index[row.market, row.field][row.venue, row.board, row.product]
        after = end + datetime.timedelta(days=1)
        sides = {"", row.side} if row.side else {other.side for other in group}
        return any(
            other.side in sides and (other.valid_to is None or other.valid_to >= after) for other in group
        )

    def markets(self) -> tuple[str, ...]:
        """The jurisdictions that have rows."""
        return tuple(sorted({row.market for row in self.rows}))

    def market_of(self, venue: str) -> str:
        """The jurisdiction of a venue. MissingRule names the nearest venue."""
        if venue not in self._venues:
            remedy, near = suggestion(venue, self._venues)
            raise MissingRule(
                "market.venue_missing",
                "There is no venue {venue} in the rule tables.",
                remedy,
                venue=venue,
                **near,
            )
        return self._venues[venue]

    def venues(self) -> dict[str, str]:
        """Venue code → jurisdiction, for every venue that has a calendar."""
        return dict(self._venues)

    def days_of(self, calendar: str) -> Sequence[RuleRow]:
        """The rows for single days of a calendar: closures, extra sessions, settlement-only days."""
        return self._days.get(calendar, [])


class _HasRules(Protocol):
    @property
    def rules(self) -> RuleTable: ...


def rules_of(market: RuleTable | _HasRules) -> RuleTable:
    """The rule table of a market machine; a table passes through."""
    return market if isinstance(market, RuleTable) else market.rules


def rule_for(market: RuleTable | _HasRules, instrument: Classified, date: datetime.date) -> RulesInForce:
    """What rules hold for this instrument on this date, and by which sources."""
    return rules_of(market).in_force(instrument, date)
