"""Bank statements round-trip in every field and prove their balances; damage is told."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.wire import (
    CamtEntry,
    CamtStatement,
    MT940Balance,
    MT940Line,
    MT940Statement,
    read_camt053,
    read_mt940,
    write_camt053,
    write_mt940,
)

DAYS = st.dates(datetime.date(2000, 3, 1), datetime.date(2099, 10, 1))
AMOUNTS = st.integers(-(10**16), 10**16)
SWIFT = "ABCxyz019/-?:().,'+ "


def swift(longest: int) -> st.SearchStrategy[str]:
    return st.text(SWIFT, max_size=longest).filter(
        lambda text: text == text.strip() and "//" not in text and not text.startswith(("/", "-", ":"))
        and not text.endswith("/")
    )  # fmt: skip


INFORMATION = st.lists(swift(65).filter(bool), max_size=6).map("\n".join)
BALANCES = st.builds(MT940Balance, amount=AMOUNTS, currency=st.sampled_from(["TWD", "USD"]), date=DAYS)
LINES = st.builds(
    MT940Line, value_date=DAYS, amount=AMOUNTS, kind=st.sampled_from(["NTRF", "NMSC"]), reference=swift(16),
    bank_reference=swift(16), reversal=st.booleans(), funds_code=st.sampled_from(["", "D"]), supplement=swift(34),
    information=INFORMATION,
).filter(lambda line: line.amount or not line.reversal)  # fmt: skip
PAGES = st.builds(
    MT940Statement, reference=swift(16), related=swift(16), account=swift(35), number=st.integers(0, 99_999),
    page=st.integers(1, 99_999), opening=BALANCES, closing=BALANCES, lines=st.lists(LINES, max_size=5),
    available=st.none() | BALANCES, forward=st.lists(BALANCES, max_size=2), information=INFORMATION,
)  # fmt: skip

XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30).filter(
    lambda text: text == text.strip() and "\ufffe" not in text and "\uffff" not in text
)
ENTRIES = st.builds(
    CamtEntry, reference=XML_TEXT, amount=AMOUNTS, booked_on=st.dates(), value_date=st.none() | st.dates(),
    end_to_end=XML_TEXT, entry_number=XML_TEXT, reversal=st.booleans(), status=st.sampled_from(["BOOK", "PDNG"]),
    information=XML_TEXT,
)  # fmt: skip
STATEMENTS = st.builds(
    CamtStatement, identity=XML_TEXT, account=XML_TEXT, currency=st.just("TWD"), opening=AMOUNTS,
    opening_date=st.dates(), closing=AMOUNTS, closing_date=st.dates(), number=st.integers(0, 10**9),
    created_at=XML_TEXT, entries=st.lists(ENTRIES, max_size=5),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PAGES, max_size=3))
def test_mt940_round_trips_in_every_field(pages):
    read = read_mt940(write_mt940(pages))
    assert read.statements == pages
    assert not read.faults
    assert not read.unknown


@settings(deadline=None)
@given(st.lists(STATEMENTS, max_size=3))
def test_camt053_round_trips_in_every_field(statements):
    read = read_camt053(write_camt053(statements))
    assert read.statements == statements
    assert not read.faults
    assert not read.unknown
    assert all(proof.holds for proof in read.proofs if not proof.name.endswith("balance"))


def day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def mt940(closing: int = 9_000_0000) -> MT940Statement:
    return MT940Statement(
        reference="R", account="A", number=7, lines=[MT940Line(value_date=day(20), amount=-1_000_0000)],
        opening=MT940Balance(amount=10_000_0000, currency="TWD", date=day(19)),
        closing=MT940Balance(amount=closing, currency="TWD", date=day(20)),
    )  # fmt: skip


def test_mt940_balance_is_proved():
    assert read_mt940(write_mt940([mt940()])).is_proved
    read = read_mt940(write_mt940([mt940(closing=9_000_0001)]))
    assert [(proof.stated, proof.computed) for proof in read.proofs] == [(90_000_001, 90_000_000)]
    assert not read.is_proved


def test_mt940_pages_follow_one_another():
    middle = MT940Balance(amount=5_0000, currency="TWD", date=day(20), final=False)
    empty = MT940Balance(amount=0, currency="TWD", date=day(20))
    first = MT940Statement(reference="R", account="A", number=7, opening=middle, closing=middle)
    second = MT940Statement(reference="R", account="A", number=7, page=2, opening=middle, closing=empty,
                            lines=[MT940Line(value_date=day(20), amount=-5_0000)])  # fmt: skip
    whole = [
        MT940Statement(reference="R", account="A", number=7, opening=empty, closing=middle,
                       lines=[MT940Line(value_date=day(20), amount=5_0000)]),
        second,
    ]  # fmt: skip
    assert read_mt940(write_mt940(whole)).is_proved
    assert not read_mt940(write_mt940([first, second])).is_proved
    assert not read_mt940(write_mt940([second])).is_proved


def test_mt940_reports_tags_that_it_does_not_know_and_fields_that_do_not_read():
    data = write_mt940([mt940()]).replace(b":62F:", b":99X:news\r\n:62F:").replace(b",NTRF", b"?NTRF")
    read = read_mt940(data)
    assert [(one.what, one.count) for one in read.unknown] == [("tag 99X", 1)]
    assert [(fault.field, fault.line) for fault in read.faults] == [("61", 6)]
    assert len(read.statements) == 1
    assert not read.is_proved


@pytest.mark.parametrize(
    "field", [{"reference": "seventeen letters"}, {"account": "帳戶"}, {"reference": " R"}]
)
def test_mt940_refuses_text_that_its_field_does_not_take(field):
    import msgspec

    with pytest.raises(TallystickError):
        write_mt940([msgspec.structs.replace(mt940(), **field)])


def camt() -> bytes:
    entries = [
        CamtEntry(reference=f"B{n}", amount=amount, booked_on=day(20))
        for n, amount in enumerate((30_000, -10_000))
    ]
    return write_camt053([
        CamtStatement(identity="S", account="A", currency="TWD", opening=100_000, opening_date=day(19),
                      closing=120_000, closing_date=day(20), entries=entries)
    ])  # fmt: skip


def test_camt053_counts_sums_and_balance_are_proved():
    assert read_camt053(camt()).is_proved
    for wrong in (b"<Sum>4.00</Sum>", b"<NbOfNtries>2</NbOfNtries>", b'<Amt Ccy="TWD">12.00</Amt>'):
        assert wrong in camt()
        assert not read_camt053(
            camt().replace(wrong, wrong.replace(b"2", b"3").replace(b"4", b"5"))
        ).is_proved


def test_camt053_reports_unknown_elements_and_entries_that_do_not_read():
    data = (
        camt()
        .replace(b"<AcctSvcrRef>B0", b"<New><Thing>x</Thing></New><AcctSvcrRef>B0")
        .replace(b"DBIT", b"DEBIT")
    )
    read = read_camt053(data)
    assert [one.what for one in read.unknown] == ["element Ntry/New/Thing"]
    assert [(fault.field, fault.line) for fault in read.faults] == [("Ntry", 2)]
    assert len(read.statements[0].entries) == 1


@pytest.mark.parametrize(
    "data", [b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<Stmt/>".encode("utf-16"), b"<Stmt>", b"\xff"]
)
def test_camt053_refuses_entities_other_encodings_and_broken_xml(data):
    with pytest.raises(TallystickError) as caught:
        read_camt053(data)
    assert caught.value.code == "wire.bad_xml"
