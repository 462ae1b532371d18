"""The writer's desk in one process: times of receipt, digests between, ids of closed days, rows of a batch."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import numpy as np
import pytest

from tallystick.core.access import AccessMachine, DefineRole, GrantRole
from tallystick.core.day import DayClosed, DayMachine, DayOpened
from tallystick.core.engine import Engine
from tallystick.core.events import event_of
from tallystick.core.journal import Journal
from tallystick.core.schema import schema_of
from tallystick.core.settings import JournalSettings, Settings
from tallystick.core.writer.client import DurableDecision
from tallystick.core.writer.desk import Desk
from tallystick.core.writer.frames import Request, encode_body
from tallystick.risk.margin import ContractKind, MarginMachine, RecordMarginContract

sys.path.insert(0, str(Path(__file__).parents[1]))

from synced_files import SyncedFiles

FRIDAY, MONDAY = datetime.date(2026, 11, 20), datetime.date(2026, 11, 23)


class HandClock:
    """A clock that shows what it was set to."""

    time = 1_000

    def now(self) -> int:
        return self.time


class Ledger:
    """As many accounts as the contracts below name."""

    account_count = 3


class Market:
    instruments = range(1_000)


class SmallFirm:
    """A desk on a folder, and ways to send to it."""

    def __init__(self, folder, **journal):
        self.clock = HandClock()
        settings = Settings(journal=JournalSettings(wal_presize_bytes=65_536, **journal))
        opened = Journal.open(folder / "journal", settings=settings.journal)
        self.engine = Engine([DayMachine(), AccessMachine(), MarginMachine(Market(), Ledger())])
        self.desk = Desk(folder, opened, self.engine, self.clock, settings)
        self.desk.open()

    def take(self, *runs):
        """Send (actor, commands) runs at once; the decisions."""
        requests = []
        for number, (actor, commands) in enumerate(runs):
            kind = event_of(type(commands[0]))
            count, body = encode_body(kind, commands)
            requests.append(Request(number, actor, kind.kind, kind.version, count, body))
        replies = self.desk.take(requests)
        assert [reply.number for reply in replies] == list(range(len(runs)))
        kinds = [event_of(type(commands[0])) for _, commands in runs]
        return [DurableDecision(kind, reply) for kind, reply in zip(kinds, replies, strict=True)]

    def send(self, *commands):
        (decision,) = self.take(("mei", commands))
        return decision

    def kinds(self):
        return [batch.kind.partition(".")[2] for batch in self.desk.journal.batches()]


@pytest.fixture
def make(tmp_path):
    """Opens the firm's desk again and again, the one before closed."""
    opened = []

    def open_again(**journal):
        if opened:
            opened[-1].desk.close()
        opened.append(SmallFirm(tmp_path, **journal))
        return opened[-1]

    yield open_again
    opened[-1].desk.close()


def opening(day=FRIDAY):
    return DayOpened(command_id=f"open {day}", business_date=day, code_version="test")


def closing(day=FRIDAY):
    return DayClosed(command_id=f"close {day}", business_date=day)


def role(name="auditor", number=1):
    return DefineRole(command_id=f"r{number}", role=name, permissions=["*"])


def contract(number):
    return RecordMarginContract(
        contract=number, account=0, instrument=0, kind=ContractKind.FINANCING, quantity=1, amount=1, deposit=0,
        ratio=1, opened_on=FRIDAY, due_on=MONDAY,
    )  # fmt: skip


def test_a_clock_that_is_set_back_does_not_set_back_the_journal(make) -> None:
    firm = make()
    firm.send(opening())
    times = []
    for number, time in enumerate([5_000, 4_000, 6_000]):
        firm.clock.time = time
        seq = firm.send(contract(number)).position
        batch = firm.desk.journal.batch(seq)
        times.append((batch.recorded_at, int(batch.records["received_at"][0])))
    firm.clock.time = 3_000
    batch = firm.desk.journal.batch(firm.send(role()).position)
    assert [*times, (batch.recorded_at, batch.records[0].received_at)] == [
        (5_000, 5_000),
        (5_000, 5_000),
        (6_000, 6_000),
        (6_000, 6_000),
    ]


def test_a_clock_behind_the_journal_at_opening_does_not_set_it_back(make) -> None:
    firm = make()
    firm.clock.time = 9_000
    firm.send(opening())
    again = make()
    assert again.desk.journal.batch(again.send(contract(1)).position).recorded_at == 9_000


def test_digests_are_journaled_after_so_many_records_and_are_those_of_the_machines(make) -> None:
    firm = make(digest_every_records=3)
    firm.send(opening())
    firm.send(contract(1))
    assert "digest_recorded" not in firm.kinds()
    firm.send(contract(2))
    assert firm.kinds()[-1] == "digest_recorded"
    (recorded,) = firm.desk.journal.batch(len(firm.kinds())).records
    assert recorded.digests == firm.engine.digests()
    firm.send(contract(3))
    assert firm.kinds()[-1] == "record_contract"


def test_the_id_of_a_closed_day_is_known_for_ever(make) -> None:
    firm = make()
    firm.send(opening())
    first = firm.send(role())
    firm.send(closing())
    assert firm.kinds()[-1] == "digest_recorded"
    firm.send(opening(MONDAY))
    for reopened in (False, True):
        again = make() if reopened else firm
        repeated, reused = again.send(role()), again.send(role("trader"))
        assert (repeated.position, repeated.index) == (first.position, first.index)
        assert repeated.verdicts["flags"].tolist() == [1]
        assert [rejection.code for rejection in reused.rejections()] == ["writer.id_reused"]
    assert again.kinds().count("define_role") == 1


def test_opening_after_a_closed_day_remembers_no_more_than_the_open_one(make) -> None:
    firm = make()
    firm.send(opening())
    firm.send(role())
    firm.send(closing())
    firm.send(opening(MONDAY))
    firm.send(GrantRole(command_id="g1", user="lin", role="auditor"))
    again = make()
    assert sorted(again.desk._answers._today) == ["g1", "open 2026-11-23"]


def test_the_days_of_the_journal_are_those_of_the_opened_days(make) -> None:
    firm = make()
    firm.send(opening())
    firm.send(closing())
    assert not firm.send(opening(FRIDAY - datetime.timedelta(days=1))).accepted
    firm.send(opening(MONDAY))
    firm.send(contract(1))
    assert firm.desk.journal.days() == [FRIDAY, MONDAY]
    assert [batch.kind for batch in firm.desk.journal.batches(day=MONDAY)] == [
        "core.day_opened",
        "margin.record_contract",
    ]


def test_nothing_is_taken_before_the_first_day(make) -> None:
    (reply,) = make().desk.take([Request(7, "mei", "margin.record_contract", 1, 0, b"")])
    assert (reply.number, reply.fault.code) == (7, "writer.no_day")


def test_runs_of_one_kind_and_actor_are_one_row_up_to_the_limit(make) -> None:
    firm = make(max_batch_records=4)
    firm.send(opening())
    before = len(firm.kinds())
    runs = [
        ("mei", [contract(1), contract(2), contract(3)]),
        ("mei", [contract(4), contract(1), contract(5)]),
        ("mei", [contract(7)]),
    ]
    first, second, third, other = firm.take(*runs, ("lin", [contract(6)]))
    batches = list(firm.desk.journal.batches(after=before))
    assert [(batch.actor, batch.count) for batch in batches] == [("mei", 4), ("mei", 3), ("lin", 1)]
    places = [(each.position - before, each.index) for each in (first, second, third, other)]
    assert places == [(1, 0), (1, 3), (2, 2), (3, 0)]
    assert second.verdicts["mask"].tolist() == [0, 1, 0]
    numbers = np.concatenate([batch.records["contract"] for batch in batches])
    assert numbers.tolist() == [1, 2, 3, 4, 1, 5, 7, 6]
    assert batches[0].records.dtype == schema_of(RecordMarginContract).dtype


def test_a_fault_among_requests_leaves_the_others_alone(make) -> None:
    firm = make()
    firm.send(opening())
    count, body = encode_body(event_of(RecordMarginContract), [contract(1)])
    good = Request(1, "mei", "margin.record_contract", 1, count, body)
    short = Request(2, "mei", "margin.record_contract", 1, count, body[:-1])
    unknown = Request(3, "mei", "doctest.nothing", 1, count, body)
    replies = {reply.number: reply for reply in firm.desk.take([short, good, unknown])}
    assert [bool(replies[number].fault) for number in (1, 2, 3)] == [False, True, True]
    assert firm.engine.machines["margin"].contracts["contract"].tolist() == [1]


def test_a_snapshot_stands_at_the_close_of_a_day(make) -> None:
    firm = make()
    firm.send(opening())
    firm.send(contract(1), contract(2))
    firm.send(closing())
    assert len(list(firm.desk.snapshots.glob("*.npz"))) == 1
    again = make()
    assert again.engine.digest() == firm.engine.digest()


def test_a_snapshot_is_on_the_disk(make, monkeypatch) -> None:
    synced = SyncedFiles(monkeypatch)
    firm = make()
    firm.send(opening())
    firm.send(closing())
    (saved,) = firm.desk.snapshots.glob("*.npz")
    assert synced.has_content(saved)
