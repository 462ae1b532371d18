"""Going back: the books written in the files that onboarding reads, and read again into an equal firm."""

from __future__ import annotations

import csv
import datetime
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from old_system import add_totals
from onboarding_files import AT, FILES, register, write

from tallystick.clients.events import ConsentState, RecordConsent
from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.ledger import HOUSE_ACCOUNT_COUNT
from tallystick.ledger.events import (
    Capacity,
    CloseTrading,
    LotType,
    MoveCash,
    MoveSecurities,
    RecordExecution,
    Side,
)

ONE, TWO = HOUSE_ACCOUNT_COUNT, HOUSE_ACCOUNT_COUNT + 1
NEXT = AT + datetime.timedelta(days=1)
STEPS = ("securities_in", "cash_in", "pay_out", "bank_close")
BOOKS = (
    "parties", "accounts", "cash", "holdings", "margin_contracts", "unsettled_trades", "error_trades", "limits",
    "consents",
)  # fmt: skip
TRADE = [
    "execution_id", "account", "instrument", "side", "price", "quantity", "trade_date", "settlement_date", "fee", "tax",
]  # fmt: skip


def execution(number: int, instrument: int, side: Side, quantity: int, day: datetime.date) -> RecordExecution:
    """A fill of the first account at 60."""
    return RecordExecution(
        execution_id=number, order_id=number, account=ONE, instrument=instrument, trade_date=day, price=60_0000,
        quantity=quantity, executed_at=0, side=side, lot_type=LotType.BOARD, capacity=Capacity.CASH,
    )  # fmt: skip


def settle(firm: Firm, date: datetime.date, steps: tuple[str, ...] = STEPS) -> None:
    for number, step in enumerate(steps):
        at = (date - datetime.date(1970, 1, 1)).days * 86_400 * 10**9 + number
        assert firm.house.writer.send(
            TimeReached(deadline=f"TW.settlement.{step}", business_date=date, at=at)
        ).accepted


@pytest.fixture
def taken_over(firm: Firm, tmp_path: Path) -> Firm:
    register(firm)
    assert firm.governance.onboard(folder=str(write(tmp_path / "files")), at=AT).accepted
    return firm


@pytest.fixture
def traded(taken_over: Firm) -> Firm:
    """Two days later: assets moved in, a date settled, old lots sold, terms tightened, a consent withdrawn."""
    send = taken_over.house.writer.send

    def trade(*fills: RecordExecution, day: datetime.date, settles: datetime.date) -> None:
        assert taken_over.house.writer.decide(RecordExecution, list(fills)).accepted
        assert send(CloseTrading(trade_date=day, settlement_date=settles)).accepted
        assert send(DayClosed(business_date=day)).accepted

    for units in (200, 100):
        command = MoveSecurities(
            account=ONE, instrument=0, quantity=units, depository_reference=f"in {units}"
        )
        assert send(command).accepted
    assert send(MoveCash(account=ONE, amount=1_000_000_0000, bank_reference="in")).accepted
    trade(
        execution(1001, 0, Side.SELL, 2_200, AT),
        day=AT,
        settles=datetime.date(2026, 11, 23),
    )
    assert send(DayOpened(business_date=NEXT, code_version="test")).accepted
    settle(taken_over, NEXT)
    said = {"recipient": "broker", "purpose": "marketing", "data_class": "contact", "channel": "phone"}
    withdrawn = {"state": ConsentState.WITHDRAWN, "effective_on": NEXT, "evidence_sha256": "ab" * 32}
    assert send(RecordConsent(party=4, **said, **withdrawn)).accepted
    taken_over.risk.set_account_terms(account="9801-1", status="sell_only", reason="asked for")
    trade(
        execution(1002, 1, Side.BUY, 100, NEXT),
        execution(1003, 0, Side.SELL, 50, NEXT),
        day=NEXT,
        settles=datetime.date(2026, 11, 24),
    )
    return taken_over


@pytest.fixture
def other(tmp_path: Path, kill_writer) -> Iterator[Firm]:
    settings = Settings(firm=FirmSettings(clock="commands"))
    with Firm.create(tmp_path / "other", first_day=NEXT, settings=settings, user="mei") as made:
        register(made)
        yield made
    kill_writer(tmp_path / "other")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def lots_by_day(ledger) -> dict[tuple[int, int, int], list[int]]:
    """Quantity and cost of what each account bought of each instrument on each day."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for account, instrument, acquired_on, quantity, cost in ledger.lots().tolist():
        sums = found.setdefault((account, instrument, acquired_on), [0, 0])
        sums[0] += quantity
        sums[1] += cost
    return found


def test_books_just_taken_over_are_written_as_they_came(taken_over: Firm, tmp_path: Path) -> None:
    reply = taken_over.governance.export_books(folder=str(tmp_path / "out"), at=AT)
    assert [(file.file, file.rows) for file in reply.files] == [
        (f"{name}.csv", FILES[name].count("\n") - 1) for name in BOOKS
    ]
    for name in BOOKS:
        came = list(csv.DictReader(FILES[name].replace("100000.50", "100000.5").splitlines()))
        written = [{key: row[key] for key in came[0]} for row in rows(tmp_path / "out", name)]
        assert sorted(map(str, written)) == sorted(map(str, came))


def test_what_is_unsettled_is_parted_from_what_is_held(traded: Firm, tmp_path: Path) -> None:
    traded.governance.export_books(folder=str(tmp_path / "out"), at=NEXT)
    assert [tuple(row.values()) for row in rows(tmp_path / "out", "holdings")] == [
        ("9801-1", "9901.XTAI", "2000", "100000", "2025-01-02"),
        ("9801-1", "9901.XTAI", "500", "30000", "2025-06-02"),
        ("9801-1", "9901.XTAI", "300", "0", "2026-11-19"),
        ("9801-1", "9902.XTAI", "1000", "50071", "2026-11-18"),
        ("9801-2", "9902.XTAI", "1000", "50000", "2024-03-04"),
    ]
    assert [row["trade"] for row in rows(tmp_path / "out", "unsettled_trades")] == [
        "502",
        "1001",
        "1002",
        "1003",
    ]
    assert [row["trade"] for row in rows(tmp_path / "out", "error_trades")] == ["601"]
    assert rows(tmp_path / "out", "limits")[0]["status"] == "sell_only"
    assert [(row["state"], row["evidence_sha256"][:4]) for row in rows(tmp_path / "out", "consents")] == [
        ("withdrawn", "abab")
    ]


def test_written_books_make_an_equal_firm(traded: Firm, other: Firm, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    traded.governance.export_books(folder=str(first), at=NEXT)
    add_totals(first)
    reply = other.governance.onboard(folder=str(first), at=NEXT)
    assert (reply.accepted, reply.refused, reply.differing_amounts + reply.differing_quantities) == (
        True,
        [],
        [],
    )
    ours, theirs = traded.house.machine("ledger"), other.house.machine("ledger")
    trading = np.array([*range(5, HOUSE_ACCOUNT_COUNT), ONE, TWO])
    for name in ("party", "branch", "kind", "number", "posted"):
        assert (ours.accounts()[name][trading] == theirs.accounts()[name][trading]).all(), name
    clients = slice(HOUSE_ACCOUNT_COUNT, None)
    assert (ours.accounts()["opened_on"][clients] == theirs.accounts()["opened_on"][clients]).all()
    for code in trading.tolist():
        assert (ours.positions(code) == theirs.positions(code)).all()
    assert lots_by_day(ours) == lots_by_day(theirs)
    open_dates = theirs.settlement_dates()
    mine = ours.trades()[np.isin(ours.trades()["settlement_date"], open_dates)]
    assert sorted(mine[TRADE].tolist()) == sorted(theirs.trades()[TRADE].tolist())
    for date in open_dates:
        assert (ours.obligations(date) == theirs.obligations(date)).all()
    assert (traded.house.machine("margin").contracts == other.house.machine("margin").contracts).all()
    assert traded.house.machine("clients").digest() == other.house.machine("clients").digest()
    assert (ours.parties()["kind"] == theirs.parties()["kind"]).all()
    other.governance.export_books(folder=str(second), at=NEXT)
    for name in BOOKS:
        assert (first / f"{name}.csv").read_bytes() == (second / f"{name}.csv").read_bytes(), name


def test_personal_data_is_read_on_record_and_kept_from_others(taken_over: Firm, tmp_path: Path) -> None:
    taken_over.governance.export_books(folder=str(tmp_path / "out"), at=AT)
    *_, last = taken_over.house.journal.batches(kinds=["core.personal_data_read"])
    assert (last.records[0].operation, last.actor) == ("governance.export_books", "mei")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}


def test_an_erased_person_is_written_under_the_reference(taken_over: Firm, tmp_path: Path) -> None:
    reference = taken_over.house.machine("ledger").account(ONE).reference
    taken_over.house.vault.erase_person(reference)
    taken_over.governance.export_books(folder=str(tmp_path / "out"), at=AT)
    assert list(rows(tmp_path / "out", "parties")[0].values()) == [reference, "client", reference, "", "", ""]
    assert rows(tmp_path / "out", "accounts")[0]["party"] == reference


def test_an_earlier_day_is_written_as_it_stood(traded: Firm, tmp_path: Path) -> None:
    traded.governance.export_books(folder=str(tmp_path / "out"), at=AT)
    assert [row["trade"] for row in rows(tmp_path / "out", "unsettled_trades")] == ["501", "502", "1001"]
    assert rows(tmp_path / "out", "limits")[0]["status"] == "normal"


def test_an_open_trading_day_is_refused(taken_over: Firm, tmp_path: Path) -> None:
    assert taken_over.house.writer.decide(RecordExecution, [execution(1001, 0, Side.SELL, 100, AT)]).accepted
    with pytest.raises(TallystickError, match="Trading of 2026-11-19 is not closed"):
        taken_over.governance.export_books(folder=str(tmp_path / "out"), at=AT)


def test_half_a_settlement_is_refused_by_account(traded: Firm, tmp_path: Path) -> None:
    third = datetime.date(2026, 11, 23)
    assert traded.house.writer.send(DayOpened(business_date=third, code_version="test")).accepted
    settle(traded, third, STEPS[:2])
    with pytest.raises(TallystickError, match=r"Settlement of 2026-11-23 is not complete.*9801-1"):
        traded.governance.export_books(folder=str(tmp_path / "out"), at=third)


def test_a_folder_with_something_in_it_is_left_alone(taken_over: Firm, tmp_path: Path) -> None:
    with pytest.raises(TallystickError, match="is not empty"):
        taken_over.governance.export_books(folder=str(tmp_path / "files"), at=AT)
    with pytest.raises(NotFound, match="no day 2026-01-01"):
        taken_over.governance.export_books(folder=str(tmp_path / "out"), at="2026-01-01")


@pytest.mark.parametrize("day", [AT, NEXT], ids=["an older day", "the newest day"])
def test_books_of_a_damaged_journal_are_refused(
    traded: Firm, tmp_path: Path, kill_writer: Callable[[Path], None], day: datetime.date
) -> None:
    path = traded.path
    kill_writer(path)
    traded.close()
    with sqlite3.connect(path / "journal" / str(day) / "0.sqlite") as file:
        seq, body = file.execute("SELECT seq, payload FROM batches ORDER BY seq DESC LIMIT 1").fetchone()
        changed = bytes([body[0] ^ 1]) + body[1:]
        file.execute("UPDATE batches SET payload = ? WHERE seq = ?", (changed, seq))
    file.close()
    for at in (AT, NEXT):
        with Firm.open(path, user="mei") as firm:
            with pytest.raises(TallystickError, match=f"Batch {seq} of {day}") as caught:
                firm.governance.export_books(folder=str(tmp_path / "books"), at=at)
            assert "tally repair" in caught.value.remedy
            assert not (tmp_path / "books").exists() or not list((tmp_path / "books").iterdir())
