"""The keeper's decisions, and random histories: nothing is purged under a hold or before its time."""

from __future__ import annotations

import datetime

import msgspec
import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tallystick.core.day import DayOpened
from tallystick.core.events import verdict_dtype
from tallystick.history import HistoryMachine
from tallystick.history.events import (
    AdoptRetention,
    BeginPurge,
    ClockStarted,
    DatasetCorrected,
    MarkPurge,
    PartitionArchived,
    PartitionPurged,
    PartitionSealed,
    PlaceHold,
    PurgePart,
    ReleaseHold,
    RetentionRow,
    SetQuota,
    StartClock,
    UnmarkPurge,
)
from tallystick.history.keeping.holds import covers
from tallystick.history.keeping.retention import keep_until

DAY_NS = 86_400_000_000_000
EPOCH = datetime.date(1970, 1, 1)
YEARS = {str(year): (datetime.date(year, 1, 1), datetime.date(year, 12, 31)) for year in range(1980, 1984)}


def at(date):
    return (date - EPOCH).days * DAY_NS


def rule(value, *, record_class="orders", name="law", clock="record", unit="years"):
    return RetentionRow(
        jurisdiction="TW", record_class=record_class, rule=name, value=value, unit=unit, clock=clock,
        source="an act", status="verified",
    )  # fmt: skip


GRACE = rule(30, record_class="*", name="purge_grace", clock="mark", unit="days")


def approved(proposal, content):
    return proposal == "yes"


def room(*rows):
    machine = HistoryMachine(approved)
    assert say(machine, AdoptRetention(rows=[GRACE, *rows])) == 0
    return machine


def say(machine, command):
    return int(machine.decide(type(command), [command])["mask"][0])


def mark(*years, approval="yes", when=datetime.date(1990, 1, 1), record_class="orders"):
    parts = [
        PurgePart(partition=y, first=YEARS[y][0], last=YEARS[y][1], rows=1, contents=y.encode() * 8)
        for y in years
    ]
    return MarkPurge(
        dataset="ledger.orders", record_class=record_class, parts=parts, reason="old", approval=approval,
        received_at=at(when),
    )  # fmt: skip


def begin(year, when):
    return BeginPurge(dataset="ledger.orders", partition=year, received_at=at(when))


def purged(year, contents=None):
    return PartitionPurged(
        dataset="ledger.orders", partition=year, rows=1, contents=contents or year.encode() * 8, received_at=1
    )


def test_purge_goes_mark_grace_begin_tombstone():
    machine = room(rule(5))
    assert say(machine, mark("1980")) == 0
    assert say(machine, begin("1980", datetime.date(1990, 1, 30))) == 8, "in the grace"
    assert say(machine, purged("1980")) == 1, "not begun"
    assert say(machine, begin("1980", datetime.date(1990, 1, 31))) == 0
    assert say(machine, purged("1980", b"x" * 32)) == 1, "other contents"
    assert say(machine, purged("1980")) == 0
    assert machine.purge_of("ledger.orders", "1980").state == "purged"
    assert say(machine, begin("1980", datetime.date(1991, 1, 1))) == 1


def test_mark_is_refused_with_every_reason():
    machine = room(rule(5))
    assert say(machine, mark("1980", approval="")) == 1
    assert say(machine, mark("1980", when=datetime.date(1985, 12, 31))) == 4, "the last day of the law"
    assert say(machine, mark("1980", when=datetime.date(1986, 1, 1))) == 0
    assert say(machine, mark("1980")) == 16, "marked before"
    assert say(machine, UnmarkPurge(dataset="ledger.orders", partition="1980", reason="stays")) == 0
    assert say(machine, UnmarkPurge(dataset="ledger.orders", partition="1980", reason="stays")) == 1
    assert say(machine, mark("1980")) == 0
    assert say(machine, mark("1981", record_class="cash")) == 8, "no rule"
    hold = PlaceHold(
        hold="court", datasets=["ledger.*"], last=datetime.date(1981, 1, 1), reason="a case", received_at=1
    )
    assert say(machine, hold) == 0
    assert say(machine, mark("1981", "1982")) == 2
    assert say(machine, mark("1982")) == 0, "after the span of the hold"


def test_hold_after_the_mark_stops_the_deletion_and_its_release_takes_two():
    machine = room(rule(5))
    say(machine, mark("1980"))
    later = datetime.date(1991, 1, 1)
    assert say(machine, PlaceHold(hold="court", reason="a case", received_at=1)) == 0
    assert say(machine, PlaceHold(hold="court", reason="again", received_at=1)) == 1
    assert say(machine, begin("1980", later)) == 2
    assert say(machine, ReleaseHold(hold="court", reason="over", received_at=2)) == 2
    assert say(machine, ReleaseHold(hold="other", reason="over", approval="yes", received_at=2)) == 1
    assert say(machine, ReleaseHold(hold="court", reason="over", approval="yes", received_at=2)) == 0
    assert say(machine, begin("1980", later)) == 0


def test_hold_on_a_class_of_record_keeps_its_datasets_alone():
    machine = room(rule(5), rule(5, record_class="cash"))
    hold = PlaceHold(hold="books", record_classes=["orders"], reason="a case", received_at=1)
    assert say(machine, hold) == 0
    assert say(machine, mark("1980")) == 2
    assert say(machine, mark("1980", record_class="cash")) == 0
    (placed,) = machine.holds()
    assert [placed.speaks_of("any", one) for one in ("orders", "cash", "")] == [True, False, True]
    assert machine.holds("any", "cash") == []


def test_rule_that_became_longer_stops_a_marked_partition():
    machine = room(rule(5))
    say(machine, mark("1980"))
    assert say(machine, AdoptRetention(rows=[rule(20)])) == 1, "unapproved"
    assert say(machine, AdoptRetention(rows=[rule(20)], approval="yes")) == 0
    assert say(machine, begin("1980", datetime.date(1991, 1, 1))) == 4
    assert say(machine, AdoptRetention(rows=[rule(-1)], approval="yes")) == 2


def test_year_that_is_not_closed_is_kept():
    machine = room(rule(5, clock="year_closed"))
    assert say(machine, mark("1980")) == 8
    assert say(machine, closed("1980", datetime.date(1981, 3, 31))) == 0
    assert say(machine, mark("1980")) == 0
    assert say(machine, closed("1980", datetime.date(1986, 3, 31))) == 0, "said again, it corrects"
    assert say(machine, mark("1980")) == 16 | 4


def closed(year, date, approval="yes"):
    return StartClock(
        clock="year_closed", subject=year, date=date, reason="the books are closed", approval=approval,
        received_at=at(datetime.date(2026, 11, 23)),
    )  # fmt: skip


def test_closing_of_a_year_is_approved_and_lies_between_its_end_and_the_business_day():
    machine = room()
    assert say(machine, closed("1980", datetime.date(1981, 3, 31), approval="")) == 1
    for year in ("-5", "1899", "99999", "2026", "", "word"):
        assert say(machine, closed(year, datetime.date(2026, 11, 1))) == 2, year
    for date in (datetime.date(1980, 12, 31), datetime.date(2026, 11, 24), datetime.date.max):
        assert say(machine, closed("1980", date)) == 4
    say_day(machine, datetime.date(2026, 11, 20))
    assert say(machine, closed("2025", datetime.date(2026, 11, 21))) == 4, "after the business day"
    assert say(machine, closed("2025", datetime.date(2026, 11, 20))) == 0


def say_day(machine, date):
    opened = DayOpened(business_date=date, code_version="")
    machine.apply(DayOpened, [opened], np.zeros(1, verdict_dtype()))


def test_clock_of_an_older_journal_is_read():
    machine = room(rule(5, clock="year_closed"))
    old = ClockStarted(clock="year_closed", subject="1980", date=datetime.date(1981, 3, 31))
    assert (say(machine, old), say(machine, old)) == (0, 1)
    assert say(machine, mark("1980")) == 0


def test_longer_rule_that_was_replaced_holds_up_to_the_day_of_the_change():
    machine = room(rule(10))
    say_day(machine, datetime.date(1981, 6, 1))
    assert (
        say(
            machine,
            AdoptRetention(rows=[rule(1)], approval="yes", received_at=at(datetime.date(1981, 5, 31))),
        )
        == 0
    )
    assert say(machine, mark("1980", when=datetime.date(1990, 12, 31))) == 4
    assert say(machine, mark("1981", when=datetime.date(1991, 12, 31))) == 4, (
        "part of it is older than the change"
    )
    assert say(machine, mark("1982", when=datetime.date(1984, 1, 1))) == 0
    taken_back = msgspec.structs.replace(rule(1), status="withdrawn")
    assert say(machine, AdoptRetention(rows=[taken_back, rule(2, name="new")], approval="yes")) == 0
    assert say(machine, mark("1980", when=datetime.date(1983, 1, 1))) == 0, "as if it had never held"


def test_deletion_begins_by_the_date_of_the_firms_zone():
    machine = room(rule(5), rule(0, record_class="*", name="purge_grace", clock="mark", unit="days"))
    morning = datetime.date(1986, 1, 1)
    assert say(machine, mark("1980", when=morning)) == 0

    def told(today):
        return BeginPurge(dataset="ledger.orders", partition="1980", today=today, received_at=at(morning))

    assert say(machine, told(datetime.date(1985, 12, 31))) == 4, "still the last day of the law in New York"
    assert say(machine, told(datetime.date(1985, 12, 1))) == 0, (
        "no zone has this date: the writer's clock counts"
    )


def test_purges_since_a_load_are_told():
    machine = room(rule(5))
    say(machine, mark("1981", "1980"))
    later = datetime.date(1990, 3, 1)
    for year in ("1981", "1980"):
        assert say(machine, begin(year, later)) == 0
    say(machine, purged("1981"))
    assert [one.part.partition for one in machine.purged_since("ledger.orders")] == ["1981"]
    say(machine, purged("1980"))
    assert [one.part.partition for one in machine.purged_since("ledger.orders", at(later) - 1)] == [
        "1980",
        "1981",
    ]
    assert machine.purged_since("ledger.orders", at(later)) == []
    assert machine.purged_since("history.trades") == []


def test_seal_archive_and_correction_are_judged():
    machine = room()
    seal = PartitionSealed(dataset="d", date=EPOCH, rows=3, proof=bytes(32), known_time=1)
    other = PartitionSealed(dataset="d", date=EPOCH, rows=4, proof=bytes(32), known_time=1)
    assert [say(machine, one) for one in (seal, seal, other)] == [0, 0, 1]
    archive = PartitionArchived(
        dataset="d", partition="1980", manifest_file="m", manifest=bytes(32), files=1, rows=3, size=9
    )
    assert [say(machine, archive) for _ in range(2)] == [0, 1]
    fact = {"dataset": "d", "source": "s", "sha256": bytes(32), "rows": 1, "known_time": 1}
    assert [say(machine, DatasetCorrected(reason=reason, **fact)) for reason in ("", "typo", "typo")] == [
        1,
        0,
        0,
    ]


def quota(rows, size=None, approval="", **holder):
    return SetQuota(
        rows_per_day=rows,
        bytes_per_day=size,
        approval=approval,
        reason="why",
        **(holder or {"role": "quant"}),
    )


def test_only_narrowing_a_quota_needs_no_second_person():
    machine = room()
    assert say(machine, quota(100, user="u")) == 0, "the first one only limits"
    assert say(machine, quota(100)) == 0
    assert say(machine, quota(101, user="v")) == 1, "it would count instead of that of the role"
    assert say(machine, quota(None, user="v")) == 1
    assert say(machine, quota(101, role="other")) == 1, "the widest of the roles counts"
    assert say(machine, quota(100, user="v")) == 0
    assert say(machine, quota(90)) == 0
    assert say(machine, quota(90, 5)) == 0
    assert say(machine, quota(91, 5)) == 1
    assert say(machine, quota(90)) == 1, "without a limit of bytes"
    assert say(machine, quota(1, role="a", user="b", approval="yes")) == 2
    assert say(machine, quota(-1, approval="yes")) == 4
    for holder in ({"role": "quant"}, {"user": "u"}, {"user": "v"}):
        assert say(machine, quota(None, **holder)) == 1
        assert say(machine, quota(None, approval="yes", **holder)) == 0
    assert machine.state.quotas == {}


PARTITIONS = st.sampled_from(["1980", "1981"])
DATES = st.dates(datetime.date(1984, 1, 1), datetime.date(2003, 12, 31))
SPAN_DATES = st.none() | st.dates(datetime.date(1979, 1, 1), datetime.date(1983, 1, 1))
MARKS = st.builds(lambda year, date: mark(year, when=date), PARTITIONS, DATES)
BEGINS = st.builds(begin, PARTITIONS, DATES)
PURGED = st.builds(purged, PARTITIONS)
HOLDS = st.builds(
    lambda name, pattern, first, last: PlaceHold(
        hold=name, datasets=pattern, first=first, last=last, reason="a case", received_at=1
    ),
    st.sampled_from("abc"), st.sampled_from([[], ["ledger.*"], ["history.*"]]), SPAN_DATES, SPAN_DATES,
)  # fmt: skip
RELEASES = st.builds(
    lambda name: ReleaseHold(hold=name, reason="over", approval="yes", received_at=2), st.sampled_from("abc")
)
RULES = st.builds(
    lambda value, name: AdoptRetention(
        rows=[rule(value, name=name)], approval="yes", received_at=at(datetime.date(1984, 1, 1))
    ),
    st.integers(0, 15), st.sampled_from(["law", "other"]),
)  # fmt: skip
STEPS = st.one_of(MARKS, MARKS, BEGINS, BEGINS, BEGINS, PURGED, HOLDS, RELEASES, RELEASES, RULES)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_nothing_begins_to_go_under_a_hold_or_before_the_longest_rule(steps):
    """In random histories, whatever was accepted before; and a replay of the same steps gives the same digest."""
    machine = room(rule(5))
    begun, longest = 0, 5
    for step in steps:
        before = (list(machine.state.retention), [h for h in machine.state.holds.values() if h.is_open])
        accepted = say(machine, step) == 0
        if accepted and isinstance(step, AdoptRetention):
            longest = max(longest, step.rows[0].value)
        if accepted and isinstance(step, BeginPurge):
            begun += 1
            first, last = YEARS[step.partition]
            rows, holds = before
            assert not any(covers(hold, step.dataset, first, last) for hold in holds)
            today = EPOCH + datetime.timedelta(step.received_at // DAY_NS)
            ends = [keep_until([one], "orders", first, last, today, {}).date for one in rows]
            assert today > max(end for end in ends if end is not None)
            assert today > datetime.date(int(step.partition) + longest, 12, 31), "the longest that ever held"
            marked = machine.purge_of(step.dataset, step.partition).marked_at
            assert step.received_at >= marked + 30 * DAY_NS
    event(f"deletions begun: {begun}")
    again = room(rule(5))
    for step in steps:
        say(again, step)
    assert again.digest() == machine.digest()
    restored = HistoryMachine(approved)
    restored.restore(machine.snapshot())
    assert restored.digest() == machine.digest()


def test_explanation_names_the_holds_and_the_rule_of_each_part():
    machine = room(rule(5))
    say(machine, PlaceHold(hold="court", reason="a case", received_at=1))
    found = machine.explain(MarkPurge, mark("1980", when=datetime.date(1990, 1, 1)))
    told = {value.name: value for value in found.values}
    assert (told["holds on 1980"].value, told["holds on 1980"].passed) == ("court", False)
    kept = told["keep until 1980"]
    assert (kept.value, kept.threshold, kept.source, kept.passed) == (
        "1985-12-31",
        "1990-01-01",
        "an act",
        True,
    )
    say(machine, ReleaseHold(hold="court", reason="over", approval="yes", received_at=2))
    say(machine, mark("1980"))
    begun = machine.explain(BeginPurge, begin("1980", datetime.date(1990, 3, 1)))
    assert all(value.passed for value in begun.values)
