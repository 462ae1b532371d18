"""A day's report: counted from the journal, the same for the last day and after the next has begun."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.errors import NotFound, Rejection
from tallystick.core.operations import call
from tallystick.firm import Firm
from tallystick.market.events import RegisterInstrument

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


def test_refusals_are_counted_by_reason_under_its_short_name(firm: Firm) -> None:
    order = {"account": "OWN", "symbol": "9901.XTAI", "side": "buy", "price": "60", "quantity": 1000}
    assert firm.house.writer.send(RegisterInstrument(symbol="9901.XTAI", name="Made Up")).accepted
    for quantity in (1000, 2000):
        assert isinstance(firm.risk.submit_order(**(order | {"quantity": quantity})), Rejection)
    said = {}
    for language in ("en", "zh_Hant"):
        report = call(firm.context(language=language), "governance.day_report")
        assert (report.orders, report.refused) == (2, 2)
        said[language] = {line.code: (line.reason, line.orders) for line in report.refusals}
    assert said["en"]["gate.unknown_instrument"] == ("No terms for the day", 2)
    assert said["zh_Hant"]["gate.unknown_instrument"] == ("沒有當日交易條件", 2)
    assert not any("…" in reason or "{" in reason for reason, _ in said["en"].values())
