"""The gate's machine: decides orders, cancels, ends of orders, account terms and the switch; watches what moves means.

The day's means are taken from the ledger when the day opens; from then on the gate keeps them itself, from the same
journal: fills, cash and securities moved. It never reads the ledger between two orders, so that the size of a batch
cannot change a verdict.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import numpy as np

from tallystick.core.approvals import Approved, content_of
from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.events import verdict_dtype
from tallystick.core.ids import day_id
from tallystick.core.machine import Explanation, Records, State
from tallystick.core.ready import ready
from tallystick.core.schema import Record, date_number, number_date, schema_of
from tallystick.ledger import LedgerMachine
from tallystick.ledger.events import (
    AccountKind,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
)
from tallystick.market import MarketMachine
from tallystick.market.events import AdoptRules, SetDayTerms
from tallystick.risk.gate import explanation, kernels, standing
from tallystick.risk.gate.allowances import CLASS_COLUMNS, class_rules
from tallystick.risk.gate.events import (
    CancelOrder,
    ChangeAccountTerms,
    EndOrder,
    SetAccountTerms,
    SetKillSwitch,
    SubmitOrder,
)
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import add_holdings, set_terms
from tallystick.risk.gate.state.tables import Tables

__all__ = ["GateMachine"]

Array = np.ndarray[Any, np.dtype[Any]]

# The columns of the day's terms, as the first columns of `at`'s instruments hold them.
TERM_NAMES = (
    "business_date",
    "reference_price",
    "limit_up",
    "limit_down",
    "lot",
    "tick_table",
    "status",
    "order_minimum",
)
FIRM_SCOPE = "firm"
ACCOUNT_SCOPE = "account:"
CODE_LIMIT = 2**31 - 1
CODE_DIGITS = 10


class Words(msgspec.Struct):
    """State by name: why each scope was stopped, the rule set in force."""

    stops: dict[str, str] = {}
    rule_set: str = ""


class GateMachine:
    """Accepts or refuses every order by all rules at once, and holds what accepted orders may still cost.

    `market` and `ledger` are the machines before it in house order; `approved` asks for a second person's approval.
    """

    name = "gate"
    decides: tuple[type[Record], ...] = (
        SubmitOrder,
        CancelOrder,
        EndOrder,
        SetAccountTerms,
        ChangeAccountTerms,
        SetKillSwitch,
    )
    observes: tuple[type[Record], ...] = (
        DayOpened,
        DayClosed,
        AdoptRules,
        SetDayTerms,
        OpenAccount,
        MoveCash,
        MoveSecurities,
        RecordOpeningCash,
        RecordOpeningHolding,
        RecordExecution,
    )

    def __init__(self, market: MarketMachine, ledger: LedgerMachine, approved: Approved) -> None:
        self.tables = Tables()
        self.words = Words()
        self.market = market
        self.ledger = ledger
        self._approved = approved
        self._handlers = {
            SubmitOrder: self._submit,
            CancelOrder: self._cancel,
            EndOrder: self._end,
            SetAccountTerms: self._set_terms,
            ChangeAccountTerms: self._change_terms,
            SetKillSwitch: self._set_switch,
        }
        self._observers = {
            DayOpened: self._open_day,
            DayClosed: self._close_day,
            AdoptRules: self._adopt_rules,
            SetDayTerms: self._take_terms,
            OpenAccount: self._open_accounts,
            MoveCash: self._move_cash,
            MoveSecurities: self._move_securities,
            RecordOpeningCash: self._add_cash,
            RecordOpeningHolding: self._add_holdings,
            RecordExecution: self._execute,
        }

    @property
    def business_date(self) -> datetime.date:
        """The day whose orders the gate holds; the first of all dates before any was opened."""
        number = int(self.tables.firm[at.BUSINESS_DATE])
        return number_date(number) if number else datetime.date.min

    def decide(self, record: type[Record], records: Records) -> Array:
        """Judge commands of one kind in order and apply the accepted; one verdict each."""
        verdicts = np.zeros(len(records), dtype=verdict_dtype())
        if record is not SubmitOrder:
            verdicts["rule_set"] = self.tables.firm[at.RULE_SET]
        self._handlers[record](records, verdicts, True)
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: Array) -> None:
        """Take in commands with their recorded verdicts, the gate's own and those of the machines it watches."""
        verdicts = _writable(verdicts)
        if record in self._handlers:
            self._handlers[record](records, verdicts, False)
        else:
            self._observers[record](records, verdicts)

    def compared(self, command: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is in force and what a proposed command would put there."""
        return standing.compared(self, command)

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The values read and the thresholds compared for a command in the present state, in order of the checks."""
        return explanation.explain(self, record, command)

    def is_approved(self, command: Any) -> bool:
        """Whether a second person approved this very command."""
        return bool(command.approval) and self._approved(command.approval, content_of(command))

    def digest(self) -> bytes:
        """SHA-256 over tables and words; independent of capacities."""
        return self.tables.digest(self._words())

    def snapshot(self) -> State:
        """The rows in use as arrays, the words as msgpack."""
        return self.tables.snapshot() | {"words": self._words()}

    def restore(self, state: State) -> None:
        """Take a saved state."""
        self.tables.restore(state)
        self.words = msgspec.msgpack.decode(bytes(state["words"]), type=ready(Words))

    def _words(self) -> bytes:
        return msgspec.msgpack.encode(self.words)

    # The gate's own kinds: judged when `is_new`, else applied by their verdicts.

    def _submit(self, records: Records, verdicts: Array, is_new: bool) -> None:
        tables = self.tables
        tables.make_room_for_orders(len(records))
        if not is_new:
            tables.make_room_for_positions(len(records))
        kernels.submit_orders(
            _writable(records), verdicts, is_new, tables.firm, tables.accounts, tables.instruments, tables.ticks,
            tables.positions, tables.orders, tables.slots,
        )  # fmt: skip

    def _cancel(self, records: Records, verdicts: Array, is_new: bool) -> None:
        kernels.cancel_orders(_writable(records), verdicts, is_new, self.tables.orders, self.tables.slots)

    def _end(self, records: Records, verdicts: Array, is_new: bool) -> None:
        tables = self.tables
        kernels.end_orders(
            _writable(records),
            verdicts,
            is_new,
            tables.accounts,
            tables.positions,
            tables.orders,
            tables.slots,
        )

    def _set_terms(self, records: Records, verdicts: Array, is_new: bool) -> None:
        set_terms(
            _writable(records), np.zeros(len(records), np.bool_), verdicts, is_new, self.tables.accounts
        )

    def _change_terms(self, records: Records, verdicts: Array, is_new: bool) -> None:
        approved = np.array([is_new and self.is_approved(command) for command in records], np.bool_)
        terms = [
            SetAccountTerms(
                account=_within(command.account, CODE_LIMIT),
                status=_within(command.status, CODE_LIMIT),
                daily_limit=_within(command.daily_limit, 2 * at.AMOUNT_LIMIT),
                order_value_limit=_within(command.order_value_limit, 2 * at.AMOUNT_LIMIT),
                permissions=_within(command.permissions, CODE_LIMIT),
            )
            for command in records
        ]
        set_terms(schema_of(SetAccountTerms).pack(terms), approved, verdicts, is_new, self.tables.accounts)

    def _set_switch(self, records: Records, verdicts: Array, is_new: bool) -> None:
        for command, verdict in zip(records, verdicts, strict=True):
            if is_new:
                verdict["mask"] = self.switch_mask(command)
            if verdict["mask"]:
                continue
            if command.stopped:
                self.words.stops[command.scope] = command.reason
            else:
                self.words.stops.pop(command.scope, None)
            account = self.stopped_account(command.scope)
            if account is None:
                self.tables.firm[at.IS_STOPPED] = command.stopped
            else:
                standing = self.tables.accounts[account, at.STANDING] & ~at.STOPPED
                self.tables.accounts[account, at.STANDING] = standing | at.STOPPED * command.stopped

    def switch_mask(self, command: SetKillSwitch) -> int:
        """The reasons against a switch command: a lifting that nobody approved, a scope that does not exist."""
        is_known = command.scope == FIRM_SCOPE or self.stopped_account(command.scope) is not None
        return (not command.stopped and not self.is_approved(command)) | (not is_known) << 1

    def stopped_account(self, scope: str) -> int | None:
        """The account code that a scope names, or None."""
        code = scope.removeprefix(ACCOUNT_SCOPE)
        if code == scope or not (code.isascii() and code.isdigit()) or len(code) > CODE_DIGITS:
            return None
        if code != str(int(code)):
            return None
        return int(code) if int(code) < self.tables.firm[at.ACCOUNT_COUNT] else None

    # What other machines decided.

    def _open_day(self, records: Records, verdicts: Array) -> None:
        for command in _accepted(records, verdicts):
            tables, holdings, cash = self.tables, self.ledger.gate_holdings(), self.ledger.gate_cash()
            tables.forget_day(len(holdings))
            add_holdings(
                np.ascontiguousarray(holdings["account"], np.int64),
                np.ascontiguousarray(holdings["instrument"], np.int64),
                np.ascontiguousarray(holdings["sellable"], np.int64),
                tables.positions,
                tables.firm,
            )
            if len(cash):
                tables.has_account(len(cash) - 1)
                tables.accounts[: len(cash), at.CASH] = cash
            tables.firm[at.BUSINESS_DATE] = date_number(command.business_date)
            tables.firm[at.DAY_BASE] = day_id(command.business_date, 0)
            tables.firm[at.IS_OPEN] = 1
            tables.firm[at.UNKNOWN_EXECUTIONS] = 0
            self.words.rule_set = command.rule_set or self.words.rule_set
            self._take_rules()
            self._enter_terms(self.market.day_terms)

    def _close_day(self, records: Records, verdicts: Array) -> None:
        if _accepted(records, verdicts):
            self.tables.firm[at.IS_OPEN] = 0

    def _adopt_rules(self, records: Records, verdicts: Array) -> None:
        for command in _accepted(records, verdicts):
            self.tables.firm[at.RULE_SET] += 1
            self.words.rule_set = command.rule_set
        self._take_rules()
        self._enter_terms(self.market.day_terms)

    def _take_rules(self) -> None:
        """Read the tick tables from the market."""
        steps = [np.asarray(table, np.int64).reshape(-1, 2) for table in self.market.tick_arrays]
        self.tables.ticks = np.zeros((len(steps), max([1, *map(len, steps)]), 2), np.int64)
        for table, rows in enumerate(steps):
            self.tables.ticks[table, : len(rows)] = rows
            self.tables.ticks[table, len(rows) :] = rows[-1:] if len(rows) else 0

    def _take_terms(self, records: Records, verdicts: Array) -> None:
        accepted = records[_is_accepted(verdicts)]
        self._enter_terms(accepted, accepted["instrument"])

    def _enter_terms(self, terms: Any, codes: Array | None = None) -> None:
        """Take the terms of the gate's own day, with what the rules make of each class; those of other days wait with
        the market until their day opens.
        """
        codes = np.arange(len(terms["business_date"])) if codes is None else codes
        todays = terms["business_date"] == self.tables.firm[at.BUSINESS_DATE]
        if not todays.any():
            return
        codes = codes[todays]
        self.tables.has_instrument(int(codes.max()))
        rows = self.tables.instruments
        for column, name in enumerate(TERM_NAMES):
            rows[codes, column] = terms[name][todays]
        instruments = self.market.instruments
        classes: dict[tuple[str, ...], list[int]] = {}
        for code in codes.tolist():
            found = instruments[code]
            key = (found.market, found.venue, found.board, found.product)
            if key not in classes:
                classes[key] = class_rules(self.market, found, self.business_date)
            rows[code, CLASS_COLUMNS] = classes[key]

    def _open_accounts(self, records: Records, verdicts: Array) -> None:
        opened = records[_is_accepted(verdicts)]
        if not len(opened):
            return
        self.tables.has_account(int(opened["account"].max()))
        own = np.isin(opened["kind"], [AccountKind.PROPRIETARY, AccountKind.ERROR])
        self.tables.accounts[opened["account"], at.STANDING] |= at.OPENED + own * at.OWN_ACCOUNT

    def _move_cash(self, records: Records, verdicts: Array) -> None:
        for command in _accepted(records, verdicts):
            self.tables.accounts[command.account, at.CASH] += command.amount

    def _add_cash(self, records: Records, verdicts: Array) -> None:
        accepted = records[_is_accepted(verdicts)]
        np.add.at(self.tables.accounts[:, at.CASH], accepted["account"], accepted["amount"])

    def _move_securities(self, records: Records, verdicts: Array) -> None:
        moves = [(c.account, c.instrument, c.quantity) for c in _accepted(records, verdicts)]
        self._change_holdings(np.array(moves, np.int64).reshape(-1, 3).T)

    def _add_holdings(self, records: Records, verdicts: Array) -> None:
        accepted = records[_is_accepted(verdicts)]
        self._change_holdings(
            np.array([accepted["account"], accepted["instrument"], accepted["quantity"]], np.int64)
        )

    def _change_holdings(self, moves: Array) -> None:
        """Add quantities given as three rows: accounts, instruments, units."""
        self.tables.make_room_for_positions(moves.shape[1])
        accounts, instruments, quantities = np.ascontiguousarray(moves)
        add_holdings(accounts, instruments, quantities, self.tables.positions, self.tables.firm)

    def _execute(self, records: Records, verdicts: Array) -> None:
        tables = self.tables
        tables.make_room_for_positions(len(records))
        kernels.record_executions(
            _writable(records), verdicts, tables.firm, tables.accounts, tables.instruments, tables.positions,
            tables.orders, tables.slots,
        )  # fmt: skip


def _is_accepted(verdicts: Array) -> Array:
    """Which commands were accepted, those that only repeat an earlier one left out."""
    taken: Array = (verdicts["mask"] == 0) & (verdicts["flags"] & 1 == 0)
    return taken


def _accepted(records: Records, verdicts: Array) -> list[Any]:
    """The general commands that were accepted, each once."""
    return [records[place] for place in np.flatnonzero(_is_accepted(verdicts))]


def _within(number: int, limit: int) -> int:
    """A number of a general command, which may have any size, brought to where its column still shows it as wrong."""
    return max(-limit, min(limit, number))


def _writable(array: Array) -> Array:
    """A whole, writable array, so that the kernels are compiled for one layout; a copy only where it is not."""
    return array if array.flags.carray else np.require(array, requirements=["C", "W"])
