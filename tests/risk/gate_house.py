"""A firm in one process: the real machines, the real journal and the writer's real desk, without sockets."""

from __future__ import annotations

import datetime
import itertools

from gate_rooms import account_terms, money

from tallystick.core.access import Actor
from tallystick.core.approvals import ApprovalsMachine
from tallystick.core.context import Context
from tallystick.core.day import DayMachine, DayOpened
from tallystick.core.engine import Engine
from tallystick.core.events import event_of
from tallystick.core.journal import Journal, JournalReader
from tallystick.core.settings import FirmSettings, JournalSettings, Settings
from tallystick.core.time import SystemClock
from tallystick.core.writer.client import DurableDecision
from tallystick.core.writer.desk import Desk
from tallystick.core.writer.frames import Request, encode_body
from tallystick.ledger import LedgerMachine, house_accounts, house_parties
from tallystick.ledger.events import (
    AccountKind,
    OpenAccount,
    PartyKind,
    RecordOpeningCash,
    RecordOpeningHolding,
    RegisterParty,
)
from tallystick.market import MarketMachine, day_terms, seed_command
from tallystick.market.events import RegisterInstrument, SetDayTerms
from tallystick.risk import GateMachine

DAY = datetime.date(2026, 11, 20)
NEXT_DAY = datetime.date(2026, 11, 23)
CLIENT = 7
OWN_ACCOUNT = 5


def machines():
    approvals = ApprovalsMachine()
    market = MarketMachine(approved=approvals.is_approved)
    ledger = LedgerMachine(market)
    gate = GateMachine(market, ledger, approvals.is_approved)
    return [DayMachine(), approvals, market, ledger, gate]


class SmallHouse:
    """What a context needs; `send` and `decide` are the writer's."""

    def __init__(self, folder):
        self.path = folder
        journal = JournalSettings(wal_presize_bytes=65_536)
        self.settings = Settings(firm=FirmSettings(clock="commands"), journal=journal)
        self.engine = Engine(machines())
        self.desk = Desk(
            folder,
            Journal.open(folder / "journal", settings=journal),
            self.engine,
            SystemClock(),
            self.settings,
        )
        self.desk.open()
        self.journal = JournalReader(folder / "journal")
        self.writer = self

    def machine(self, name):
        return self.engine.machines[name]

    def decide(self, record, records, *, actor="tester"):
        kind = event_of(record)
        count, body = encode_body(kind, records)
        (reply,) = self.desk.take([Request(1, actor, kind.kind, kind.version, count, body)])
        if reply.fault is not None:
            raise reply.fault.error()
        return DurableDecision(kind, reply)

    def send(self, command, *, actor="tester"):
        return self.decide(type(command), [command], actor=actor)

    def accept(self, *commands):
        for record, run in itertools.groupby(commands, type):
            decision = self.decide(record, list(run))
            assert decision.accepted, (record, decision.verdicts)

    def context(self, language="en", user="trader"):
        return Context(self, Actor(user), language=language)

    def close(self):
        self.desk.close()
        self.journal.close()


def open_house(folder):
    """Two shares, one client with 300,000 in cash and 3,000 shares of the second; the day is open."""
    house = SmallHouse(folder)
    house.accept(DayOpened(business_date=DAY, code_version="test"), seed_command())
    house.accept(
        RegisterInstrument(symbol="9901.XTAI", name="Example Cement"),
        RegisterInstrument(symbol="9902.XTAI", name="Example Foods"),
        *house_parties(),
        RegisterParty(party=4, kind=PartyKind.CLIENT, reference="made-up-client"),
        *house_accounts(DAY),
        OpenAccount(
            account=CLIENT, party=4, branch=1, kind=AccountKind.CLIENT, opened_on=DAY, number="9800007"
        ),
        RecordOpeningCash(account=CLIENT, amount=money(300_000)),
        RecordOpeningHolding(
            account=CLIENT, instrument=1, quantity=3_000, cost=money(90_000), acquired_on=DAY
        ),
        account_terms(CLIENT),
        account_terms(OWN_ACCOUNT, daily_limit=money(1_000_000)),
    )
    terms = day_terms(house.machine("market"), [0, 1], [money(100), money(50)], DAY)
    assert house.decide(SetDayTerms, terms).accepted
    return house
