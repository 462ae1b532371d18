"""The market's state in the firm: what is registered, which rules are in force, each instrument's terms of the day.

Rules come in by `AdoptRules`: the whole seed first, then single changes that a second person approved. Decisions
name the rule set by its number, the count of adoptions.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tallystick.core.approvals import Approved, content_of
from tallystick.core.errors import NotFound, suggestion
from tallystick.core.events import verdict_dtype
from tallystick.core.machine import Explanation, Records, State, ValueRead
from tallystick.core.money import format_money
from tallystick.core.ready import ready
from tallystick.core.schema import Record, schema_of
from tallystick.market.calendars import Calendar, calendar_of
from tallystick.market.charges import FeeTerms, fee_terms
from tallystick.market.events import AdoptRules, RegisterInstrument, SetDayTerms
from tallystick.market.instruments import Instrument, is_isin, split_symbol
from tallystick.market.rule_rows import RuleRow, decode_rows, product_chain
from tallystick.market.rules import Classified, RulesInForce, RuleTable, TickTable
from tallystick.market.seed import known_fields
from tallystick.market.terms import flat

__all__ = ["MarketMachine"]

Array = np.ndarray[Any, np.dtype[Any]]

TERM_COLUMNS = (
    "business_date", "reference_price", "limit_up", "limit_down", "lot", "tick_table", "status", "order_minimum",
)  # fmt: skip

TAKEN, NO_VENUE, BAD_ISIN, BAD_SYMBOL, NO_PRODUCT, UNAPPROVED_LISTING = 1, 2, 4, 8, 16, 32
UNAPPROVED, MALFORMED = 1, 2
UNREGISTERED, IMPOSSIBLE = 1, 2


def _refuse(proposal: str, content: bytes) -> bool:
    """Without approvals nothing counts as approved."""
    return False


class _Words(msgspec.Struct):
    """The odd parts of the state."""

    rule_sets: list[str] = []
    tick_tables: list[TickTable] = []


class MarketMachine:
    """Holds instruments, rules and day terms. `approved(proposal, content)` asks for a second person's approval.

    >>> from tallystick.market.seed import seed_command
    >>> machine = MarketMachine()
    >>> machine.decide(AdoptRules, [seed_command()])["mask"].tolist()
    [0]
    >>> machine.decide(RegisterInstrument, [RegisterInstrument(symbol="9901.XTAI", name="Example")])["mask"].tolist()
    [0]
    >>> machine.code_of("9901.XTAI"), machine.instruments[0].venue
    (0, 'XTAI')
    """

    name = "market"
    decides: tuple[type[Record], ...] = (RegisterInstrument, AdoptRules, SetDayTerms)
    observes: tuple[type[Record], ...] = ()

    def __init__(self, approved: Approved = _refuse) -> None:
        self._approved = approved
        self._instruments: list[Instrument] = []
        self._codes: dict[str, int] = {}
        self._rules = RuleTable((), known_fields())
        self._words = _Words()
        self._tick_arrays: list[Array] = []
        self._products: dict[str, set[str]] = {}
        self._terms = np.zeros(0, _terms_dtype())

    # reading

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments; the place is the instrument code."""
        return self._instruments

    @property
    def rules(self) -> RuleTable:
        """The rules in force."""
        return self._rules

    @property
    def rule_set(self) -> str:
        """The name of the rules in force, empty before the first adoption."""
        return self._rules.rule_set if self._words.rule_sets else ""

    @property
    def rule_set_number(self) -> int:
        """How many adoptions made the rules in force."""
        return len(self._words.rule_sets)

    @property
    def day_terms(self) -> Array:
        """The last terms of each instrument by code, a structured array (read only): `business_date` (days since
        1970-01-01, 0 before the first terms), `reference_price`, `limit_up`, `limit_down`, `lot`, `tick_table`,
        `status`, `order_minimum`, as in `SetDayTerms`.
        """
        view = self._terms[: len(self._instruments)]
        view.flags.writeable = False
        return view

    @property
    def tick_arrays(self) -> Sequence[Array]:
        """By tick table number: lower bound, tick, lower bound, tick, … rising (int64, 1e-4). Numbers are never
        used again for other bands.
        """
        return self._tick_arrays

    @property
    def tick_tables(self) -> dict[int, TickTable]:
        """Tick table number → bands (lower bound, tick), rising, int64 in 1e-4."""
        return dict(enumerate(self._words.tick_tables))

    def code_of(self, symbol: str) -> int:
        """The instrument code of a symbol. NotFound names the nearest symbol."""
        code = self._codes.get(symbol)
        if code is None:
            remedy, near = suggestion(symbol, self._codes)
            raise NotFound(
                "market.symbol_missing", "There is no instrument {symbol}.", remedy, symbol=symbol, **near
            )
        return code

    def instrument(self, symbol: str) -> Instrument:
        """The instrument of a symbol. NotFound names the nearest symbol."""
        return self._instruments[self.code_of(symbol)]

    def rule_for(self, symbol: str, date: datetime.date) -> RulesInForce:
        """What rules hold for an instrument on a date, and by which sources."""
        return self._rules.in_force(self.instrument(symbol), date)

    def calendar(self, venue: str) -> Calendar:
        """A venue's calendar by the rules in force."""
        return calendar_of(venue, self._rules)

    def tick_table_of(self, table: TickTable) -> int:
        """The number of a tick table that the rules in force hold."""
        return self._words.tick_tables.index(table)

    def fee_terms(self, classified: Classified, date: datetime.date) -> FeeTerms:
        """Commission and taxes of an instrument's class on a date; `absent` names what no rule gives."""
        return fee_terms(self._rules, classified, date)

    # deciding

    def decide(self, record: type[Record], records: Records) -> Array:
        """Judge registrations, rule changes or day terms in order, and apply the accepted."""
        verdicts = np.zeros(len(records), verdict_dtype())
        if record is SetDayTerms:
            verdicts["mask"] = self._masks_of_terms(records)
            verdicts["rule_set"] = self.rule_set_number
            self.apply(record, records, verdicts)
            return verdicts
        for place, command in enumerate(records):
            verdicts[place]["mask"] = self._mask_of(command)
            self.apply(record, [command], verdicts[place : place + 1])
            verdicts[place]["rule_set"] = self.rule_set_number
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: Array) -> None:
        """Register, adopt or set what was accepted."""
        accepted = verdicts["mask"] == 0
        if record is SetDayTerms:
            rows = records[accepted]
            for column in TERM_COLUMNS:
                self._terms[column][rows["instrument"]] = rows[column]
            return
        for command in (records[place] for place in np.flatnonzero(accepted)):
            if isinstance(command, RegisterInstrument):
                self._register(Instrument.of(len(self._instruments), command))
            else:
                self._adopt(command)

    def _mask_of(self, command: RegisterInstrument | AdoptRules) -> int:
        approved = self.is_approved(command)
        if isinstance(command, AdoptRules):
            mask = MALFORMED if self.problem_of(command) else 0
            return mask | (0 if approved else UNAPPROVED)
        return self.faults_of(command) | (0 if approved else UNAPPROVED_LISTING)

    def faults_of(self, command: RegisterInstrument) -> int:
        """The reasons against a new instrument as mask bits, but for a missing approval."""
        code, venue = split_symbol(command.symbol)
        known_venue = self._rules.venues().get(command.venue) == command.market
        mask = TAKEN if command.symbol in self._codes else 0
        mask |= NO_VENUE if command.venue and not known_venue else 0
        mask |= BAD_ISIN if command.isin and not is_isin(command.isin) else 0
        mask |= BAD_SYMBOL if not code or venue != command.venue else 0
        known = self.products_of(command.venue)
        return mask | (NO_PRODUCT if known_venue and known.isdisjoint(product_chain(command.product)) else 0)

    def products_of(self, venue: str) -> set[str]:
        """The product classes that the rules in force name for a venue; where they name none, those of all venues."""
        if venue not in self._products:
            market = self._rules.venues().get(venue)
            rows = [row for row in self._rules.rows if row.product != "*"]
            mine = {row.product for row in rows if row.market == market and row.venue in (venue, "*")}
            self._products[venue] = mine or {row.product for row in rows}
        return self._products[venue]

    def is_approved(self, command: RegisterInstrument | AdoptRules) -> bool:
        """Whether a change has what approval it needs: the rules and instruments that a firm begins with need none."""
        if isinstance(command, AdoptRules):
            begins = not self._words.rule_sets
        else:
            begins = not self._terms["business_date"].any()
        return begins or (bool(command.approval) and self._approved(command.approval, content_of(command)))

    def problem_of(self, command: AdoptRules) -> str:
        """What is wrong with a rule change, as one sentence; empty when it reads and fits the rules in force."""
        if hashlib.sha256(command.rows).hexdigest()[:16] != command.rule_set:
            return "the name of the rule set is not the hash of its rows"
        try:
            rows = decode_rows(command.rows)
        except (msgspec.DecodeError, ValueError) as error:
            return str(error)
        if not rows:
            return "there are no rows"
        if len({row.identity for row in rows}) < len(rows):
            return "a row stands twice"
        found = self._rules.adopt(rows).problems()
        return found[0] if found else ""

    def _masks_of_terms(self, records: Array) -> Array:
        codes = records["instrument"]
        unknown = (codes < 0) | (codes >= len(self._instruments))
        price, up, down = records["reference_price"], records["limit_up"], records["limit_down"]
        limited = (up != 0) | (down != 0)
        wrong = (
            (price <= 0) | (records["lot"] <= 0) | (limited & ((down <= 0) | (down > price) | (up < price)))
        )
        tables = records["tick_table"]
        wrong |= (tables < 0) | (tables >= len(self._tick_arrays)) | (records["order_minimum"] < 0)
        wrong |= (records["status"] < 0) | (records["status"] > 3)
        masks: Array = unknown * np.uint64(UNREGISTERED) | wrong * np.uint64(IMPOSSIBLE)
        return masks

    def _register(self, instrument: Instrument) -> None:
        self._codes[instrument.symbol] = instrument.code
        self._instruments.append(instrument)
        if len(self._instruments) > len(self._terms):
            grown = np.zeros(max(64, 2 * len(self._terms)), _terms_dtype())
            grown[: len(self._terms)] = self._terms
            self._terms = grown

    def _adopt(self, command: AdoptRules) -> None:
        self._words.rule_sets.append(command.rule_set)
        self._take_rules(self._rules.adopt(decode_rows(command.rows)))

    def _take_rules(self, rules: RuleTable) -> None:
        """Put rules in force; tick tables that are new get the next numbers, in order of their bands."""
        self._rules = rules
        self._products = {}
        known = set(self._words.tick_tables)
        self._words.tick_tables += sorted(table for table in rules.tick_tables() if table not in known)
        self._tick_arrays = [flat(table) for table in self._words.tick_tables]

    # explaining, saving

    def compared(self, command: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is in force and what a proposed command would put there; packed rule rows are read out."""
        after = msgspec.structs.asdict(command)
        if not isinstance(command, AdoptRules):
            return {}, after
        rows = decode_rows(command.rows)
        there = [self._replaced(row) for row in rows]
        return {"rows": [row and _row_said(row) for row in there]}, {"rows": [_row_said(row) for row in rows]}

    def _replaced(self, new: RuleRow) -> RuleRow | None:
        """The row in force that a new one replaces: of its identity, else the newest of its key."""
        same = [row for row in self._rules.rows if row.key == new.key]
        exact = [row for row in same if row.identity == new.identity]
        return max(exact or same, key=lambda row: str(row.valid_from or ""), default=None)

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """What the decision on this command reads in the present state."""
        if isinstance(command, AdoptRules):
            problem = self.problem_of(command)
            values = [
                ValueRead("approval", command.approval, None, "approvals", self.is_approved(command)),
                ValueRead("problem", problem, None, "rule rows", not problem),
            ]
        elif isinstance(command, RegisterInstrument):
            values = self._read_for_registration(command)
        else:
            values = self._read_for_terms(command)
        return Explanation(values=values, rule_set=self.rule_set)

    def _read_for_registration(self, command: RegisterInstrument) -> list[ValueRead]:
        mask = self._mask_of(command)
        return [
            ValueRead("symbol", command.symbol, None, "instruments", not mask & (TAKEN | BAD_SYMBOL)),
            ValueRead("venue", command.venue, sorted(self._rules.venues()), "rule rows", not mask & NO_VENUE),
            ValueRead("isin", command.isin, None, "ISO 6166 check digit", not mask & BAD_ISIN),
            ValueRead("product", command.product, None, "rule rows", not mask & NO_PRODUCT),
            ValueRead("products", ", ".join(sorted(self.products_of(command.venue)))),
            ValueRead("approval", command.approval, None, "approvals", not mask & UNAPPROVED_LISTING),
        ]

    def _read_for_terms(self, command: SetDayTerms) -> list[ValueRead]:
        mask = int(self._masks_of_terms(schema_of(SetDayTerms).pack([command]))[0])
        known = not mask & UNREGISTERED
        limits = [command.limit_down, command.limit_up]
        return [
            ValueRead("instrument", command.instrument, len(self._instruments), "instruments", known),
            ValueRead("reference_price", command.reference_price, limits, "command", not mask & IMPOSSIBLE),
            ValueRead(
                "tick_table", command.tick_table, len(self._tick_arrays), "rule rows", not mask & IMPOSSIBLE
            ),
        ]

    def digest(self) -> bytes:
        """SHA-256 over the saved state, whatever the capacity of the arrays."""
        whole = hashlib.sha256()
        for name, part in sorted(self.snapshot().items()):
            content = part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes()
            whole.update(f"{name}:{len(content)}:".encode() + content)
        return whole.digest()

    def snapshot(self) -> State:
        """Instruments, rules and odd parts as msgpack, the terms as an array."""
        return {
            "instruments": msgspec.msgpack.encode(self._instruments),
            "rules": self._rules.payload,
            "words": msgspec.msgpack.encode(self._words),
            "terms": self.day_terms.copy(),
        }

    def restore(self, state: State) -> None:
        """Take a saved state."""
        self._instruments = msgspec.msgpack.decode(state["instruments"], type=ready(list[Instrument]))
        self._codes = {found.symbol: found.code for found in self._instruments}
        self._words = msgspec.msgpack.decode(state["words"], type=ready(_Words))
        rows: list[RuleRow] = decode_rows(state["rules"])
        self._take_rules(RuleTable(rows, known_fields()))
        self._terms = np.array(state["terms"], _terms_dtype())


def _terms_dtype() -> np.dtype[Any]:
    """The columns of `SetDayTerms` that the state keeps."""
    dtype = schema_of(SetDayTerms).dtype
    return np.dtype([(name, dtype[name]) for name in TERM_COLUMNS])


def _row_said(row: RuleRow) -> dict[str, Any]:
    """A rule row's fields, the lower bound as an amount."""
    return msgspec.structs.asdict(row) | {"lower_bound": format_money(row.lower_bound)}
