"""A business table answers the same before and after sealing, as known at any time, and knows what was just decided."""

from __future__ import annotations

import datetime
import random
import shutil

import pyarrow.compute as pc
import pytest

from tallystick.core.errors import TallystickError
from tallystick.firm import Firm, business_tables
from tallystick.history.feeding.days import BusinessDays
from tallystick.history.feeding.feeds import sealed_through
from tallystick.ledger.events import RecordOpeningCash

NAMES = [table.name for table in business_tables()]


def rows(lake, name, known_at=None, days=None):
    within = {"business_date": days} if days else {}
    found = lake.scan(name, within=within, known_at=known_at)
    keys = [(key, "ascending") for key in found.column_names]
    return found.take(pc.sort_indices(found, sort_keys=keys)) if found.num_rows else found


def test_sealed_rows_are_the_rows_that_the_journal_gave(traded, unsealed, day):
    sealed = traded.house.lake
    batches = list(traded.house.journal.batches(day=day))
    chance = random.Random(11)
    times = [chance.randrange(batches[0].recorded_at, batches[-1].recorded_at + 2) for _ in range(8)]
    until = (None, day)
    assert sealed_through(sealed)[0] == day
    assert sealed_through(unsealed) == (None, 0)
    for name in NAMES:
        for known_at in [None, batches[0].recorded_at, batches[-1].recorded_at, *times]:
            before, after = rows(unsealed, name, known_at, until), rows(sealed, name, known_at, until)
            assert before.equals(after), (name, known_at)
        now = rows(sealed, name, None, until).num_rows
        assert unsealed.count(name, within={"business_date": until}) == now
        assert unsealed.describe(name).rows == 0
    assert {name for name in NAMES if rows(unsealed, name).num_rows} >= {
        "risk.orders", "ledger.executions", "ledger.positions", "ledger.cash", "ledger.cash_moves", "clients.events",
        "governance.decisions",
    }  # fmt: skip


def test_a_question_for_one_account_is_the_same_before_and_after(traded, unsealed, day):
    account = traded.house.lake.scan("risk.orders", within={"business_date": day})["account"][0].as_py()
    within = {"business_date": day, "account": account}
    found = [
        lake.scan("risk.orders", within=within, order=["order_id"]) for lake in (traded.house.lake, unsealed)
    ]
    assert found[0].num_rows > 0
    assert found[0].equals(found[1])


def test_business_and_bars_are_joined_in_sql(traded, unsealed, day):
    query = (
        "SELECT count(*) AS trades, sum(value) AS turnover FROM ledger.executions AS mine "
        "JOIN ledger.cash AS books USING (business_date, account) WHERE business_date = ?"
    )
    answers = [lake.sql(query, parameters=[day]).to_pylist() for lake in (traded.house.lake, unsealed)]
    assert answers[0] == answers[1]
    assert answers[0][0]["trades"] > 0
    own = "SELECT count(*) AS n FROM ledger.executions AS mine JOIN history.bars_daily AS bars USING (symbol) WHERE {}"
    matched = traded.house.lake.sql(
        own.format("bars.date = mine.business_date AND origin = 'exchange'")
    ).to_pylist()
    assert matched[0]["n"] == answers[0][0]["trades"]


def test_sealing_again_does_nothing_and_each_day_is_on_the_journal_once(traded, day):
    facts = [
        record
        for batch in traded.house.journal.batches(kinds=["history.partition_sealed"])
        for record in batch.records
    ]
    assert traded.history.seal().arrow.num_rows == 0
    assert traded.history.seal(date=day).arrow.num_rows == 0
    again = [
        record
        for batch in traded.house.journal.batches(kinds=["history.partition_sealed"])
        for record in batch.records
    ]
    assert again == facts
    first = traded.house.journal.days()[0]
    empty = {
        ("risk.orders", first),
        ("clients.events", day),
        *(("governance.personal_reads", date) for date in (first, day)),
    }
    wanted = {(name, date) for name in NAMES for date in (first, day)} - empty
    assert sorted((fact.dataset, fact.date) for fact in facts) == sorted(wanted)
    for fact in facts:
        found = traded.house.lake.describe(fact.dataset)
        assert found.rows >= fact.rows > 0


def test_only_a_closed_day_is_sealed(traded, day):
    for wrong in (day + datetime.timedelta(1), day - datetime.timedelta(400)):
        with pytest.raises(TallystickError, match="no business day that was closed"):
            traded.history.seal(date=wrong)


def test_business_tables_are_in_the_catalog_with_their_class(traded):
    from tallystick.history import DATASETS

    classes = {name: DATASETS[name].record_class for name in NAMES}
    assert classes == {
        "risk.orders": "orders", "ledger.executions": "executions", "ledger.positions": "positions",
        "ledger.cash": "cash", "ledger.cash_moves": "cash", "clients.events": "client_events",
        "governance.decisions": "decisions", "governance.personal_reads": "logs",
    }  # fmt: skip
    listed = {row["dataset"]: row for row in traded.history.datasets(limit=100).rows()}
    assert set(NAMES) <= set(listed)
    assert {listed[name]["owner"] for name in NAMES} == {"risk", "ledger", "clients", "governance"}
    assert {DATASETS[name].time_column for name in NAMES} == {"event_time"}, (
        "as-of joins go by when it happened"
    )


def move(firm, account, amount, at):
    from tallystick.ledger.events import MoveCash

    command = MoveCash(account=account, amount=amount, bank_reference="made-up", received_at=at)
    assert firm.context().send(command).accepted


def end(firm, date):
    from tallystick.core.day import DayClosed

    assert firm.context().send(DayClosed(business_date=date)).accepted


def begin(firm, date):
    from tallystick.core.day import DayOpened

    assert firm.context().send(DayOpened(business_date=date, code_version="made-up")).accepted


def amounts(firm):
    found = firm.house.lake.scan("ledger.cash_moves", order=["seq"])
    return list(zip(found["business_date"].to_pylist(), found["amount"].to_pylist(), strict=True))


def test_what_was_decided_a_moment_ago_is_there_at_once(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    assert amounts(firm) == []
    for number in range(1, 4):
        move(firm, account, 10_000 * number, number)
        assert amounts(firm)[-1] == (today, 10_000 * number)
        assert len(amounts(firm)) == firm.house.lake.count("ledger.cash_moves") == number
    assert firm.house.lake.scan("ledger.cash_moves", known_at=2).num_rows == 2
    with Firm.open(firm.path, user="mei") as other:
        assert len(amounts(other)) == 3


def test_books_of_a_day_are_there_when_it_is_closed(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    move(firm, account, 50_000, 1)
    assert firm.house.lake.scan("ledger.cash").num_rows == 0
    end(firm, today)
    found = firm.house.lake.scan("ledger.cash", within={"account": account}).to_pylist()
    assert [(line["business_date"], line["posted"], line["branch"]) for line in found] == [(today, 50_000, 3)]


def test_what_comes_after_the_close_counts_to_the_next_day_and_a_sealed_day_stays(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    following = today + datetime.timedelta(1)
    move(firm, account, 10_000, 1)
    end(firm, today)
    assert {line["dataset"] for line in firm.history.seal().rows()} >= {"ledger.cash", "ledger.cash_moves"}
    late = RecordOpeningCash(account=account, amount=20_000, received_at=2)
    assert firm.context().writer.decide(RecordOpeningCash, [late]).accepted
    assert amounts(firm) == [(today, 10_000), (following, 20_000)]
    begin(firm, following)
    move(firm, account, 30_000, 3)
    assert amounts(firm) == [(today, 10_000), (following, 20_000), (following, 30_000)]
    mine = firm.house.lake.scan("ledger.cash_moves", within={"account": account}, order=["seq"])
    assert mine["amount"].to_pylist() == [10_000, 20_000, 30_000]
    end(firm, following)
    before = amounts(firm)
    sealed = firm.history.seal(date=following).rows()
    assert {line["business_date"] for line in sealed} == {following}
    assert amounts(firm) == before
    kept = firm.house.lake.scan("ledger.cash_moves", hot=False)
    assert kept.num_rows == 3


def test_a_day_that_is_closed_but_not_sealed_is_whole_whatever_comes_after(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    opening = RecordOpeningCash(account=account, amount=10_000, received_at=1)
    assert firm.context().writer.decide(RecordOpeningCash, [opening]).accepted
    end(firm, today)
    later = RecordOpeningCash(account=account, amount=20_000, received_at=2)
    assert firm.context().writer.decide(RecordOpeningCash, [later]).accepted
    assert amounts(firm) == [(today, 10_000), (today + datetime.timedelta(1), 20_000)]


def test_a_state_asked_late_is_still_that_of_the_close(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    move(firm, account, 10_000, 1)
    end(firm, today)
    begin(firm, today + datetime.timedelta(1))
    move(firm, account, 70_000, 2)
    within = {"account": account, "business_date": today}
    assert firm.house.lake.scan("ledger.cash", within=within)["posted"].to_pylist() == [10_000]
    firm.history.seal()
    assert firm.house.lake.scan("ledger.cash", within=within)["posted"].to_pylist() == [10_000]


def test_a_hot_generation_never_doubles_rows_of_an_open_day(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    move(firm, account, 10_000, 1)
    firm.house.lake.publish_hot([today])
    move(firm, account, 20_000, 2)
    assert [amount for _, amount in amounts(firm)] == [10_000, 20_000]
    end(firm, today)
    firm.history.seal()
    firm.house.lake.publish_hot([today])
    assert [amount for _, amount in amounts(firm)] == [10_000, 20_000]


def test_a_lake_that_was_lost_is_fed_and_sealed_anew(open_firm):
    firm, account = open_firm
    today = firm.house.machine("day").state.business_date
    move(firm, account, 10_000, 1)
    end(firm, today)
    first = firm.history.seal().rows()
    told = firm.house.machine("history").seals()
    firm.house.lake.close()
    shutil.rmtree(firm.path / "lake")
    with Firm.open(firm.path, user="mei") as again:
        assert amounts(again) == [(today, 10_000)]
        assert again.history.seal().rows() == first
        assert again.house.machine("history").seals() == told


def test_days_follow_the_journal(open_firm):
    firm, _ = open_firm
    today = firm.house.machine("day").state.business_date
    days = BusinessDays(firm.house.journal, lambda date: date + datetime.timedelta(1))
    (only,) = days.spans()
    assert (only.date, only.after, only.is_closed) == (today, 0, False)
    end(firm, today)
    closed, begun = days.spans()
    assert closed.is_closed
    assert (begun.date, begun.after) == (today + datetime.timedelta(1), closed.until)
    later = today + datetime.timedelta(4)
    begin(firm, later)
    assert [span.date for span in days.spans()] == [today, later]
