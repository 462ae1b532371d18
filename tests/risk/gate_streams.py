"""Random days of a small firm: messages as the writer would hand them to the gate, with the referee's answers.

The orders are mostly sound, each field now and then at or over an edge; fills, cancels and ends follow what the
referee holds open, and sometimes nothing that exists.
"""

from __future__ import annotations

import random

import msgspec
import numpy as np
from gate_referee import Account, Referee
from gate_rooms import DAY, Room, account_terms, at_clock, money, order

from tallystick.core.day import DayOpened
from tallystick.core.events import verdict_dtype
from tallystick.core.ids import day_id
from tallystick.core.schema import schema_of
from tallystick.ledger.events import AccountKind, MoveCash, MoveSecurities, RecordExecution
from tallystick.risk.gate.events import CancelOrder, DoneReason, EndOrder, SetKillSwitch, SubmitOrder

KINDS = [AccountKind.CLIENT] * 7 + [AccountKind.PROPRIETARY, AccountKind.ERROR, AccountKind.CLIENT]
STATUSES = (0, 0, 2, 0, 3, 1)
SYMBOLS = ("1101.XTAI", "0050.XTAI", "2330.XTAI", "2317.XTAI", "6488.ROCO", "1216.XTAI", "9911.ROCO")
WITHOUT_TERMS = 9
APPROVED = "P-1"


def open_room(random_numbers):
    """A room with its day open, and a referee that knows the same."""
    room = Room(SYMBOLS, approved=lambda proposal, content: proposal == APPROVED)
    referee = Referee()
    for code, kind in enumerate(KINDS):
        cash = money(random_numbers.choice([0, 1_500_000, 20_000_000]))
        permissions = random_numbers.choice([15, 15, 7, 3 | 8, 6, 31])
        limit = money(random_numbers.choice([0, 499_000, 4_990_000]))
        terms = account_terms(
            code, daily_limit=limit, order_value_limit=money(600_000), permissions=permissions
        )
        room.ledger.account_count = code + 1
        referee.accounts[code] = Account(kind)
        room.ledger.cash[code] = cash
        if code != WITHOUT_TERMS:
            room.open_account(code, cash=cash, kind=kind)
            room.gate.tables.accounts[code, 0] &= ~2
            assert room.masks(terms) == [0]
            referee.accounts[code].terms = terms
    holdings = {(a, i): random_numbers.randrange(0, 90_000) for a in range(len(KINDS)) for i in range(5)}
    room.ledger.holdings = holdings
    room.set_terms(status=STATUSES)
    rows = room.market.day_terms
    rows["limit_up"][3] = rows["limit_down"][3] = 0
    rows["order_minimum"][0] = 2_000
    room.observe(DayOpened(business_date=DAY, code_version="test"))
    open_referee(room, referee)
    return room, referee


def open_referee(room, referee):
    rows = room.market.day_terms
    terms = {code: Terms(row) for code, row in enumerate(rows)}
    classes = [(found.venue, found.product) for found in room.market.instruments]
    commissions = {code: room.market.commissions.get(place) for code, place in enumerate(classes)}
    taxes = {code: room.market.taxes.get(place) for code, place in enumerate(classes)}
    lots = {code: set(room.market.day_trade_lots[venue]) for code, (venue, _) in enumerate(classes)}
    ticks = [list(map(tuple, table.reshape(-1, 2).tolist())) for table in room.market.tick_arrays]
    referee.order_types = {
        field.removeprefix("order_types."): set(value.split(","))
        for field, value in room.market.order_types.items()
    }
    referee.hours, referee.day_trade_lots = (at_clock("09:00"), at_clock("13:25")), lots
    referee.open_day(DAY, room.ledger.cash, room.ledger.holdings, terms, ticks, commissions, taxes)


class Terms:
    def __init__(self, row):
        for name in row.dtype.names:
            setattr(self, name, int(row[name]))


class Day:
    """Draws messages and asks the referee; `messages` holds (message, answer) pairs."""

    def __init__(self, seed, count):
        self.random = random.Random(seed)
        self.room, self.referee = open_room(self.random)
        self.number = 0
        self.messages = []
        while len(self.messages) < count:
            kind = self.random.choices(
                [self.order, self.repeat, self.fill, self.cancel, self.end, self.move, self.switch],
                [50, 4, 25, 8, 10, 2, 1],
            )[0]
            for _ in range(self.random.choice([1, 1, 3, 20])):
                kind()

    def add(self, message, answer=None):
        self.messages.append((message, answer))

    def rarely(self, usual, *odd, chance=0.015):
        return self.random.choice(odd) if self.random.random() < chance else usual

    def order(self):
        r = self.random
        self.number += 1
        side = r.choice(["buy", "sell"])
        instrument = self.rarely(r.randrange(5), -1, 5, 6, 6, 7, 999)
        account = self.rarely(r.randrange(9), WITHOUT_TERMS, -1, 10, 2_000_000_000)
        reference = 50 if instrument == 1 else 100
        price = reference + r.randrange(-10, 10) * self.rarely(0.5, 0.55, 0.3, 0.01, 0.0013)
        lot = self.rarely(1, 2, 3, 0, -1, chance=0.2)
        quantity = r.randrange(1, 1_000) if lot == 2 else 1_000 * r.randrange(1, 5)
        changes = {
            "account": account, "instrument": instrument, "lot_type": lot,
            "capacity": self.rarely(4 if account in (7, 8) else 1, 1, 2, 3, 4, 0),
            "order_type": self.rarely(1, 2, 2, 2, 0, 3, chance=0.1),
            "time_in_force": self.rarely(1, 2, 3, 2, 3, 0, 9, chance=0.1),
            "received_at": at_clock(self.rarely("10:00", "08:50", "08:59:59", "09:00", "13:25", chance=0.2)),
        }  # fmt: skip
        quantity = self.rarely(quantity, 0, -1, 999, 1_500, 2**31 - 1, 2**31, 2**62, -(2**63))
        price = self.rarely(price, 0, -1, 110, 90, 110.5, 89.5)
        command = order(self.number, side, price, quantity, **changes)
        if command.order_type == 2 and r.random() < 0.9:
            command = msgspec.structs.replace(command, price=0)
        if r.random() < 0.01:
            command = msgspec.structs.replace(
                command,
                order_id=r.choice([0, -1, 1, command.order_id + 10**9, day_id(DAY, 0) - 1, 2**63 - 1]),
            )
        if r.random() < 0.01:
            command = msgspec.structs.replace(command, price=r.choice([2**61, 2**62, 2**63 - 1, -(2**63)]))
        self.submit(
            self.rarely(command, msgspec.structs.replace(command, side=r.choice([0, 3, -1])), chance=0.01)
        )

    def submit(self, command):
        self.add(command, self.referee.submit(command))

    def any_order(self):
        orders = list(self.referee.orders.values())[-400:]
        return self.random.choice(orders).command if orders else order(1)

    def repeat(self):
        """The same order again, or another under its id."""
        command = self.any_order()
        change = self.random.choice([{}, {}, {"quantity": 3_000}, {"session": 2}, {"time_in_force": 3}])
        self.submit(msgspec.structs.replace(command, **change, received_at=self.random.randrange(99)))

    def fill(self):
        r = self.random
        working = [held.command for held in list(self.referee.orders.values())[-400:] if held.open]
        command = r.choice(working) if working and r.random() < 0.9 else self.any_order()
        if not 0 <= command.account < len(KINDS) or not 0 <= command.instrument < len(SYMBOLS):
            return
        if command.side not in (1, 2) or not 0 < command.quantity < 2**31:
            return
        left = self.referee.orders[command.order_id].left if command.order_id in self.referee.orders else 0
        quantity = r.choice([left or 1, (left + 1) // 2 or 1, 1, self.rarely(1, command.quantity)])
        price = command.price if 0 < command.price < 2**40 else money(95)
        message = RecordExecution(
            execution_id=len(self.messages), order_id=self.rarely(command.order_id, 0, day_id(DAY, 10**8)),
            account=self.rarely(command.account, 0, 1), instrument=self.rarely(command.instrument, 0, 1),
            trade_date=DAY, price=price - r.choice([0, 0, 500]), quantity=quantity, executed_at=0,
            side=self.rarely(int(command.side), 1, 2), lot_type=command.lot_type, capacity=1,
        )  # fmt: skip
        self.referee.execute(message)
        self.add(message)

    def cancel(self):
        command = self.any_order()
        message = CancelOrder(
            order_id=self.rarely(command.order_id, 7, day_id(DAY, 10**8)),
            account=self.rarely(command.account, 0, 3),
            session=1,
        )
        self.add(message, self.referee.cancel(message.order_id, message.account))

    def end(self):
        command = self.any_order()
        message = EndOrder(
            order_id=self.rarely(command.order_id, 7, 0),
            quantity_left=0,
            done_reason=self.random.choice(list(DoneReason)),
        )
        self.add(message, self.referee.end(message.order_id))

    def move(self):
        r = self.random
        account, instrument = r.randrange(9), r.randrange(6)
        amount, quantity = r.choice([money(-90_000), money(500_000)]), r.choice([-500, 2_000])
        if r.random() < 0.5:
            self.referee.accounts[account].cash += amount
            self.add(MoveCash(account=account, amount=amount, bank_reference=""))
        else:
            self.referee.holding(account, instrument).sellable += quantity
            self.add(
                MoveSecurities(
                    account=account, instrument=instrument, quantity=quantity, depository_reference=""
                )
            )

    def switch(self):
        """Stop an account or the firm; mostly lift it with the approval that the room gives."""
        account = self.random.choice([None, 2, 3])
        scope = "firm" if account is None else f"account:{account}"
        for stopped, approval in self.random.choice([[(True, ""), (False, "")], [(True, "")]]):
            self._switch(
                account, SetKillSwitch(scope=scope, stopped=stopped, reason="test", approval=approval)
            )
        self.order()
        self._switch(account, SetKillSwitch(scope=scope, stopped=False, reason="test", approval=APPROVED))

    def _switch(self, account, message):
        refused = not message.stopped and message.approval != APPROVED
        if not refused and account is None:
            self.referee.stopped = message.stopped
        elif not refused:
            self.referee.accounts[account].stopped = message.stopped
        self.add(message, int(refused))


def feed(gate, messages, batch):
    """Send messages in runs of one kind, at most `batch` in a call; the verdicts of all, as tuples."""
    answers = []
    start = 0
    while start < len(messages):
        record = type(messages[start])
        stop = start
        while stop < len(messages) and stop - start < batch and type(messages[stop]) is record:
            stop += 1
        run = messages[start:stop]
        rows = schema_of(record).pack(run) if record in FIXED else run
        if record in gate.decides:
            verdicts = gate.decide(record, rows)
        else:
            verdicts = np.zeros(len(run), verdict_dtype())
            gate.apply(record, rows, verdicts)
        answers += verdicts.tolist()
        start = stop
    return answers


FIXED = (SubmitOrder, CancelOrder, EndOrder, RecordExecution)
