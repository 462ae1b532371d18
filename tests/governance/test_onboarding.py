"""Taking a firm over: what reads is loaded, what does not is listed, and nothing goes live before it is proven."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.core.errors import Rejection, TallystickError
from tallystick.firm import Firm
from tallystick.ledger import HOUSE_ACCOUNT_COUNT
from tallystick.market.events import RegisterInstrument

AT = datetime.date(2026, 11, 19)
FILES = {
    "parties": "party,kind,name\nP1,client,Made-up Wang\nP2,client,Made-up Lin\n",
    "accounts": "account,party,branch,kind,opened_on\n9801-1,P1,1,client,2020-01-02\n9801-2,P2,2,client,2021-05-06\n",
    "cash": "account,amount\n9801-1,100000.50\n9801-2,20000\nOWN,1000000\n",
    "holdings": (
        "account,symbol,quantity,cost,acquired_on\n"
        "9801-1,9901.XTAI,2000,100000,2025-01-02\n9801-1,9901.XTAI,500,30000,2025-06-02\n9801-2,9902.XTAI,1000,50000,2024-03-04\n"
    ),
    "margin_contracts": (
        "contract,account,symbol,kind,quantity,amount,deposit,ratio,opened_on,due_on\n"
        "71,9801-1,9901.XTAI,financing,1000,30000,0,0.6,2026-09-01,2027-03-01\n"
    ),
    "unsettled_trades": (
        "trade,account,symbol,side,price,quantity,trade_date,settlement_date,fee,tax\n"
        "501,9801-1,9902.XTAI,buy,50,1000,2026-11-18,2026-11-20,71,0\n"
        "502,9801-2,9902.XTAI,sell,51,1000,2026-11-19,2026-11-23,72,153\n"
    ),
    "error_trades": (
        "trade,account,symbol,side,price,quantity,trade_date,settlement_date,fee,tax\n"
        "601,ERROR,9901.XTAI,buy,60,1000,2026-11-19,2026-11-23,85,0\n"
    ),
    "limits": (
        "account,status,daily_limit,order_value_limit,permissions\n"
        "9801-1,normal,4990000,1000000,7\n9801-2,sell_only,0,1000000,7\n"
    ),
    "consents": (
        "party,recipient,purpose,data_class,channel,state,effective_on\n"
        "P1,broker,marketing,contact,phone,granted,2024-01-01\n"
    ),
    "depository_totals": "symbol,quantity\n9901.XTAI,2500\n9902.XTAI,1000\n",
    "bank_totals": "bank_account,amount\nclient money 1,120000.50\nown,1000000\n",
    "general_ledger_totals": (
        "general_ledger_account,amount\nclient_cash,1120000.50\nunsettled_purchases,110156\nunsettled_sales,50775\nmargin_loans,30000\n"
    ),
}


def write(folder: Path, **changed: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in (FILES | changed).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write(tmp_path / "files")


@pytest.fixture
def listed(firm: Firm) -> Firm:
    for symbol in ("9901.XTAI", "9902.XTAI"):
        assert firm.house.writer.send(RegisterInstrument(symbol=symbol, name=symbol)).accepted
    return firm


def test_books_that_agree_are_proven(listed: Firm, files: Path) -> None:
    reply = listed.governance.onboard(folder=str(files), at=AT)
    assert (reply.accepted, reply.stage, reply.refused, reply.differences) == (True, "proven", [], [])
    ledger = listed.house.machine("ledger")
    first = HOUSE_ACCOUNT_COUNT
    assert ledger.cash(first).posted == 100_000_5000
    assert ledger.positions(first)["posted"].tolist()[0] == 2_500
    assert listed.house.machine("margin").contracts["ratio"].tolist() == [6_000]
    assert listed.house.machine("clients").allows(4, "broker", "marketing", "contact", "phone")
    assert listed.house.vault.person(ledger.account(first).reference)["name"] == "Made-up Wang"


def test_nothing_personal_is_in_the_journal(listed: Firm, files: Path) -> None:
    listed.governance.onboard(folder=str(files), at=AT)
    journal = b"".join(path.read_bytes() for path in (listed.path / "journal").rglob("*") if path.is_file())
    assert b"Made-up Wang" not in journal
    assert b"9801-1" in journal


@pytest.mark.parametrize(
    ("name", "old", "new", "subject"),
    [
        ("depository_totals", "9901.XTAI,2500", "9901.XTAI,2400", "9901.XTAI"),
        ("bank_totals", "120000.50", "120000.51", "client_cash"),
        ("general_ledger_totals", "110156", "110157", "unsettled_purchases"),
    ],
)
def test_a_total_that_differs_refuses_to_go_on(
    listed: Firm, tmp_path: Path, name: str, old: str, new: str, subject: str
) -> None:
    folder = write(tmp_path / "files", **{name: FILES[name].replace(old, new)})
    reply = listed.governance.onboard(folder=str(folder), at=AT)
    assert (reply.accepted, reply.stage) == (False, "loaded")
    assert [line.subject for line in reply.differences] == [subject]
    refused = listed.governance.onboard_advance(to="shadow", reason="try")
    assert isinstance(refused, Rejection)
    assert refused.code == "onboarding.wrong_order"


def test_bad_rows_are_listed_and_the_rest_is_loaded(listed: Firm, tmp_path: Path) -> None:
    holdings = (
        FILES["holdings"]
        + "9801-9,9901.XTAI,5,1,2024-01-01\n9801-1,9909.XTAI,5,1,2024-01-01\n9801-2,9901.XTAI,many,1,2024-01-01\n"
    )
    cash = FILES["cash"] + "9801-2,20000\n"
    reply = listed.governance.onboard(
        folder=str(write(tmp_path / "files", holdings=holdings, cash=cash)), at=AT
    )
    places = {(bad.file, bad.line, bad.column) for bad in reply.refused}
    assert places == {
        ("holdings", 5, "account"),
        ("holdings", 6, "symbol"),
        ("holdings", 7, "quantity"),
        ("cash", 5, "account"),
    }
    assert reply.loaded["holdings"] == 3
    assert not reply.accepted


def test_a_missing_file_or_column_says_what_to_do(listed: Firm, tmp_path: Path) -> None:
    folder = write(tmp_path / "files", cash="acount,amount\n")
    with pytest.raises(TallystickError, match=r"missing columns account; unknown columns acount.*account"):
        listed.governance.onboard(folder=str(folder), at=AT)
    (folder / "cash.csv").unlink()
    with pytest.raises(TallystickError, match=r"cash\.csv is missing"):
        listed.governance.onboard(folder=str(folder), at=AT)


def test_the_same_files_again_and_a_load_that_was_stopped(
    listed: Firm, files: Path, kill_writer: Callable[[Path], None]
) -> None:
    from tallystick.governance.onboarding import loading

    sent = loading._send

    def stop_at_trades(context, record, commands):  # type: ignore[no-untyped-def]
        if record.__name__ == "RecordOpeningTrade":
            raise KeyboardInterrupt
        sent(context, record, commands)

    loading._send = stop_at_trades
    try:
        with pytest.raises(KeyboardInterrupt):
            listed.governance.onboard(folder=str(files), at=AT)
    finally:
        loading._send = sent
    assert listed.governance.onboard(folder=str(files), at=AT).accepted
    assert listed.house.machine("ledger").account_count == HOUSE_ACCOUNT_COUNT + 2
    assert listed.house.machine("ledger").accounts()["posted"].sum() == 0


def test_from_proof_over_parallel_days_to_the_cut_over(listed: Firm, files: Path, tmp_path: Path) -> None:
    listed.governance.onboard(folder=str(files), at=AT, parallel_days=2)
    for stage in ("shadow", "parallel"):
        assert not isinstance(listed.governance.onboard_advance(to=stage, reason="plan"), Rejection)
    close = write(tmp_path / "close")
    wrong = write(tmp_path / "wrong", cash=FILES["cash"].replace("20000", "20001"))
    assert listed.governance.onboard_compare(folder=str(close), date=AT).accepted
    differ = listed.governance.onboard_compare(folder=str(wrong), date=AT + datetime.timedelta(days=1))
    assert (differ.accepted, [line.subject for line in differ.differences], differ.agreed_days) == (
        False,
        ["9801-2"],
        0,
    )
    for days in (2, 3):
        listed.governance.onboard_compare(folder=str(close), date=AT + datetime.timedelta(days=days))
    proposal = listed.governance.onboard_advance(to="live", reason="two days agreed")
    own = listed.approvals.approve(proposal=proposal.id)
    assert isinstance(own, Rejection)
    assert own.code == "core.same_person"
    listed.access.grant(user="lin", role="administrator")
    with Firm.open(listed.path, user="lin") as second:
        assert not isinstance(second.approvals.approve(proposal=proposal.id), Rejection)
    assert listed.governance.onboard_status().stage == "live"


def test_rolling_back_keeps_the_books_and_the_stop(listed: Firm, files: Path) -> None:
    listed.governance.onboard(folder=str(files), at=AT)
    assert not isinstance(listed.governance.onboard_advance(to="rolled_back", reason="later"), Rejection)
    assert listed.governance.onboard_status().stage == "rolled_back"
    assert listed.house.machine("ledger").account_count == HOUSE_ACCOUNT_COUNT + 2
