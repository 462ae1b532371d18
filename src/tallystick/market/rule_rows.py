"""One dated rule as a row: what it says, where, from when to when, by which source, how well it is known.

A row's key is (market, venue, board, product, field, side, lower bound); `*` stands for every venue, board or
product. Values are the exact text of the source and are read by their unit, never through floats.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.money import parse_money
from tallystick.core.ready import ready
from tallystick.core.schema import Record

__all__ = [
    "STATUSES",
    "Phase",
    "RuleRow",
    "decode_rows",
    "encode_rows",
    "name_row",
    "problems_of",
    "product_chain",
]

STATUSES = {
    "verified": "read in the rule, the law or the issuer's notice",
    "secondary": "press, a broker's page or the documentation of a peer",
    "empirical": "holds without exception on official prices",
    "unverified": "from memory: keep it easy to correct",
    "withdrawn": "in a change only: takes the row with the same key and start out of force",
}

UNITS = {
    "percent", "price", "currency", "currency_per_point", "units", "ticks", "sessions", "settlement_days", "days",
    "minutes", "seconds", "months", "lots", "decimals", "count", "clock", "hours", "weekday", "rounding", "flag",
    "list", "text", "formula", "none", "day",
}  # fmt: skip
AMOUNTS = {"price", "currency", "currency_per_point"}
COUNTS = {
    "units", "ticks", "sessions", "settlement_days", "days", "minutes", "seconds", "months", "lots", "decimals",
    "count",
}  # fmt: skip
WORDS = {
    "rounding": {"inward", "half_up", "floor", "ceiling"},
    "flag": {"allowed", "forbidden", "yes", "no"},
    "day": {"closed", "open", "settlement_only"},
    "none": {"none"},
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SIDES = {"", "up", "down", "buy", "sell"}
HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d) ([a-z_]+)")
MODES = {"entry", "call", "call_repeated", "continuous", "odd_call", "fixed_price", "paired", "negotiated"}


class Phase(Record, frozen=True, kw_only=True):
    """A part of a venue's day: when it opens and closes (market time) and how orders meet in it.

    `closes` at or before `opens` with `overnight` set means the next calendar day. Modes: entry, call, call_repeated,
    continuous, odd_call, fixed_price, paired, negotiated.
    """

    name: str
    opens: datetime.time
    closes: datetime.time
    mode: str
    overnight: bool = False


class RuleRow(Record, frozen=True, kw_only=True, array_like=True):
    """One dated rule. `lower_bound` is int64 in 1e-4 (0 when the rule has no bands); dates are both inclusive.

    An empty `valid_from` means that the start is not known: the row holds for all earlier dates too. `side` is empty
    when the rule is the same on both sides.

    >>> row = RuleRow(market="TW", field="price_limit", value="10", unit="percent", source="TPEx page",
    ...               status="verified")
    >>> row.rate, row.applies(datetime.date(2026, 11, 20))
    (Fraction(1, 10), True)
    """

    market: str
    venue: str = "*"
    board: str = "*"
    product: str = "*"
    field: str
    side: str = ""
    lower_bound: int = 0
    value: str
    unit: str
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    source: str
    source_date: str = ""
    status: str
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str, str, int]:
        """What the row is about: two rows of one key never hold on the same date."""
        return (self.market, self.venue, self.board, self.product, self.field, self.side, self.lower_bound)

    @property
    def identity(self) -> tuple[str, ...]:
        """Key and start as text: a change with the same identity replaces the row."""
        return (*map(str, self.key), str(self.valid_from or ""))

    def applies(self, date: datetime.date) -> bool:
        """Whether the row holds on a date."""
        return (self.valid_from is None or self.valid_from <= date) and (
            self.valid_to is None or date <= self.valid_to
        )

    @property
    def rate(self) -> Fraction:
        """The exact share of one that a percentage says."""
        assert self.unit == "percent", f"{self.field} is no percentage"
        return Fraction(self.value) / 100

    @property
    def amount(self) -> int:
        """A price or amount of money, int64 in 1e-4."""
        assert self.unit in AMOUNTS, f"{self.field} is no amount"
        return parse_money(self.value)

    @property
    def count(self) -> int:
        """A whole number: units, ticks, sessions, days, seconds."""
        assert self.unit in COUNTS, f"{self.field} is no count"
        return int(self.value)

    @property
    def clock(self) -> datetime.time:
        """A time of day in the market's zone."""
        assert self.unit == "clock", f"{self.field} is no time of day"
        return datetime.time.fromisoformat(self.value)

    @property
    def phase(self) -> Phase:
        """The part of the day that an `hours` row describes."""
        found = HOURS.fullmatch(self.value)
        assert self.unit == "hours", f"{self.field} is no part of a day"
        assert found, f"{self.field} was not checked"
        opens, closes = (datetime.time.fromisoformat(part) for part in found.group(1, 2))
        name = self.field.removeprefix("phase.")
        return Phase(name=name, opens=opens, closes=closes, mode=found[3], overnight=closes < opens)

    @property
    def weekday(self) -> tuple[int, int]:
        """Which weekday of the month: (3, 2) for the third Wednesday, Monday being 0."""
        ordinal, _, name = self.value.partition(" ")
        return int(ordinal), WEEKDAYS.index(name)


def product_chain(product: str) -> tuple[str, ...]:
    """A product class and what it is a kind of, nearest first, `*` last.

    >>> product_chain("etf_leveraged_2")
    ('etf_leveraged_2', 'etf_leveraged', 'etf', '*')
    """
    parts = product.split("_")
    return (*("_".join(parts[:length]) for length in range(len(parts), 0, -1)), "*")


def encode_rows(rows: Iterable[RuleRow]) -> bytes:
    """Rows as msgpack in order of identity: the payload of `AdoptRules`, equal for equal rows."""
    return msgspec.msgpack.encode(sorted(rows, key=lambda row: row.identity))


def decode_rows(payload: bytes) -> list[RuleRow]:
    """The rows of an `AdoptRules` payload. msgspec.DecodeError or ValidationError when it does not read."""
    return msgspec.msgpack.decode(payload, type=ready(list[RuleRow]))


def problems_of(rows: Sequence[RuleRow], fields: dict[str, set[str]]) -> list[str]:
    """Everything wrong with a set of rows, one sentence each: unknown words, unreadable values, overlaps.

    `fields` names the known fields with the units each may have.
    """
    found = [problem for row in rows for problem in _row_problems(row, fields)]
    if not found:
        found += _overlaps(rows)
        found += _uneven_ticks(rows)
    return found


def name_row(row: RuleRow) -> str:
    """A row as messages name it: place, field, span and source."""
    place = "/".join(part for part in (row.market, row.venue, row.board, row.product) if part != "*")
    side = f" ({row.side})" if row.side else ""
    span = f"{row.valid_from or 'start unknown'} to {row.valid_to or 'open'}"
    return f"{row.field}{side} of {place}, {span}, by {row.source}"


def _row_problems(row: RuleRow, fields: dict[str, set[str]]) -> Iterator[str]:
    name = name_row(row)
    if row.field not in fields:
        yield f"{name}: no field {row.field}"
    elif row.unit not in fields[row.field]:
        yield f"{name}: {row.field} has no unit {row.unit}"
    if not row.market or row.market == "*" or not (row.venue and row.board and row.product):
        yield f"{name}: market, venue, board or product is missing"
    if not row.source.strip():
        yield f"{name}: no source"
    if row.status not in STATUSES:
        yield f"{name}: no status {row.status}"
    if row.side not in SIDES:
        yield f"{name}: no side {row.side}"
    if row.lower_bound < 0:
        yield f"{name}: lower bound below zero"
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        yield f"{name}: ends before it starts"
    if not _reads(row):
        yield f"{name}: {row.value!r} does not read as {row.unit}"


def _reads(row: RuleRow) -> bool:
    """Whether the value can be read by its unit."""
    if row.unit in WORDS:
        return row.value in WORDS[row.unit]
    if row.unit == "hours":
        found = HOURS.fullmatch(row.value)
        return bool(found) and found is not None and found[3] in MODES
    try:
        if row.unit == "percent":
            return row.rate >= 0
        if row.unit in AMOUNTS:
            return row.amount >= 0
        if row.unit in COUNTS:
            return row.count >= 0
        if row.unit == "clock":
            return row.clock is not None
        if row.unit == "weekday":
            return 1 <= row.weekday[0] <= 5
    except (ValueError, TallystickError):
        return False
    return row.unit in UNITS and bool(row.value.strip())


def _overlaps(rows: Sequence[RuleRow]) -> Iterator[str]:
    """Two rows for one thing on one date; a row for both sides meets those of each side."""
    latest: dict[tuple[object, ...], dict[str, RuleRow]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: (row.valid_from or datetime.date.min, row.side)):
        reached = latest[(*row.key[:5], row.lower_bound)]
        for side, earlier in reached.items():
            meets = earlier.valid_to is None or (row.valid_from or datetime.date.min) <= earlier.valid_to
            if meets and (side == row.side or "" in (side, row.side)):
                yield f"two rows overlap: {name_row(earlier)}; {name_row(row)}"
        before = reached.get(row.side)
        if before is None or (row.valid_to or datetime.date.max) >= (before.valid_to or datetime.date.max):
            reached[row.side] = row


def _uneven_ticks(rows: Sequence[RuleRow]) -> Iterator[str]:
    """Each tick divides both ends of its band, or rounding could leave the band."""
    tables: dict[tuple[object, ...], list[RuleRow]] = defaultdict(list)
    for row in rows:
        if row.field == "tick":
            tables[(*row.key[:6], row.valid_from)].append(row)
    for table in tables.values():
        table.sort(key=lambda row: row.lower_bound)
        if len({row.valid_to for row in table}) > 1:
            yield f"{name_row(table[0])}: the bands of a tick table end on different days"
        if table[0].lower_bound:
            yield f"{name_row(table[0])}: no tick from zero up"
        ends = [row.lower_bound for row in table[1:]] + [0]
        for row, end in zip(table, ends, strict=True):
            if row.amount <= 0 or row.lower_bound % row.amount or end % row.amount:
                yield f"{name_row(row)}: the tick does not divide the ends of its band"
