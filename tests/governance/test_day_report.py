"""A day's report: counted from the journal, the same for the last day and after the next has begun."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.errors import NotFound
from tallystick.firm import Firm

FIRST = datetime.date(2026, 11, 19)
SECOND = datetime.date(2026, 11, 20)


def test_a_quiet_day_has_its_batches_and_its_hash(firm: Firm) -> None:
    report = firm.governance.day_report(date=FIRST)
    head = firm.house.journal.head()
    assert (report.orders, report.fills, report.turnover) == (0, 0, 0)
    assert (report.first_seq, report.last_seq, report.last_hash) == (1, head.seq, head.hash.hex())
    assert report.batches == head.seq
    assert report.digests["ledger"] == firm.house.machine("ledger").digest().hex()


def test_an_earlier_day_is_reported_as_it_stood(firm: Firm) -> None:
    firm.house.writer.send(DayClosed(business_date=FIRST))
    before = firm.governance.day_report(date=FIRST)
    firm.house.writer.send(DayOpened(business_date=SECOND, code_version="test"))
    firm.access.grant(user="lin", role="auditor")
    assert firm.governance.day_report(date=FIRST) == before
    assert firm.governance.day_report().business_date == SECOND


def test_a_day_that_the_journal_lacks_is_not_found(firm: Firm) -> None:
    with pytest.raises(NotFound, match="no day 2026-01-01"):
        firm.governance.day_report(date="2026-01-01")
