"""Taking a firm over: what reads is loaded, what does not is listed, and nothing goes live before it is proven."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from old_system import write_executions
from onboarding_files import AT, CLOSE, FILES, FRIDAY, register, write

from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.operations import call
from tallystick.core.progress import Recorded
from tallystick.firm import Firm
from tallystick.governance.onboarding.events import AdvanceOnboarding
from tallystick.ledger import HOUSE_ACCOUNT_COUNT


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write(tmp_path / "files")


@pytest.fixture
def listed(firm: Firm) -> Firm:
    register(firm)
    return firm


def test_books_that_agree_are_proven(listed: Firm, files: Path) -> None:
    reply = listed.governance.onboard(folder=str(files), at=AT)
    assert (reply.accepted, reply.stage, reply.refused) == (True, "proven", [])
    assert (reply.compared, reply.differing_amounts, reply.differing_quantities) == (7, [], [])
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
    differing = reply.differing_amounts + reply.differing_quantities
    assert [line.subject for line in differing] == [subject]
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
    assert {taken.file: taken.rows for taken in reply.loaded}["holdings"] == 3
    assert not reply.accepted


def test_bad_rows_and_progress_read_in_the_callers_language(listed: Firm, tmp_path: Path) -> None:
    told: list[str] = []

    class Telling(Recorded):
        def start(self, what: str, total: int | None = None) -> None:
            told.append(what)

    cash = FILES["cash"] + "9801-9,20\n9801-2,twenty\n"
    folder = str(write(tmp_path / "files", cash=cash))
    context = listed.context(language="zh_Hant", progress=Telling())
    reply = call(context, "governance.onboard", {"folder": folder, "at": AT})
    assert [(bad.code, bad.reason, bad.remedy) for bad in reply.refused] == [
        (
            "onboarding.not_an_amount",
            "amount 不是最多四位小數的金額：twenty。",
            "請填數字，例如 1234.50。",
        ),
        (
            "onboarding.unknown_account",
            "帳號 9801-9 不在 accounts.csv 的有效列中。",
            "請新增或更正該列。",
        ),
    ]
    assert told[:3] == ["登錄當事人", "開立帳戶", "轉入款項"]
    assert all(ord(what[0]) > 0x2E80 for what in told)


def test_a_missing_file_or_column_says_what_to_do(listed: Firm, tmp_path: Path) -> None:
    folder = write(tmp_path / "files", cash="acount,amount\n")
    with pytest.raises(TallystickError, match=r"missing columns account; unknown columns acount.*account"):
        listed.governance.onboard(folder=str(folder), at=AT)
    (folder / "cash.csv").write_bytes("account,amount\n王,1\n".encode("big5"))
    with pytest.raises(TallystickError, match=r"cash\.csv is not CSV in UTF-8"):
        listed.governance.onboard(folder=str(folder), at=AT)
    (folder / "cash.csv").unlink()
    with pytest.raises(TallystickError, match=r"cash\.csv is missing"):
        listed.governance.onboard(folder=str(folder), at=AT)


def test_the_same_files_again_and_a_load_that_was_stopped(
    listed: Firm, files: Path, kill_writer: Callable[[Path], None]
) -> None:
    from tallystick.governance.onboarding import loading

    sent = loading._send

    def stop_at_trades(context, step):  # type: ignore[no-untyped-def]
        if step.record.__name__ == "RecordOpeningTrade":
            raise KeyboardInterrupt
        sent(context, step)

    loading._send = stop_at_trades
    try:
        with pytest.raises(KeyboardInterrupt):
            listed.governance.onboard(folder=str(files), at=AT)
    finally:
        loading._send = sent
    assert listed.governance.onboard(folder=str(files), at=AT).accepted
    assert listed.house.machine("ledger").account_count == HOUSE_ACCOUNT_COUNT + 2
    assert listed.house.machine("ledger").accounts()["posted"].sum() == 0


def follow_quiet_friday(firm: Firm, folder: Path) -> None:
    folder.mkdir()
    write_executions(folder, FRIDAY)
    assert firm.governance.onboard_day(folder=str(folder), date=FRIDAY).accepted


@pytest.fixture
def live(listed: Firm, files: Path, tmp_path: Path) -> Firm:
    """A firm that cut over to its books after one day in parallel."""
    listed.governance.onboard(folder=str(files), at=AT, parallel_days=1)
    for stage in ("shadow", "parallel"):
        listed.governance.onboard_advance(to=stage, reason="plan")
    follow_quiet_friday(listed, tmp_path / "friday")
    close = write(tmp_path / "close", **CLOSE)
    assert listed.governance.onboard_compare(folder=str(close), date=FRIDAY).accepted
    proposal = listed.governance.onboard_advance(to="live", reason="a day agreed")
    listed.access.grant(user="lin", role="administrator")
    with Firm.open(listed.path, user="lin") as second:
        assert not isinstance(second.approvals.approve(proposal=proposal.id), Rejection)
    return listed


def test_from_proof_over_parallel_days_to_the_cut_over(listed: Firm, files: Path, tmp_path: Path) -> None:
    listed.governance.onboard(folder=str(files), at=AT, parallel_days=1)
    for stage in ("shadow", "parallel"):
        assert not isinstance(listed.governance.onboard_advance(to=stage, reason="plan"), Rejection)
    close = write(tmp_path / "close", **CLOSE)
    wrong = write(tmp_path / "wrong", **CLOSE | {"cash": CLOSE["cash"].replace("20000", "20001")})
    follow_quiet_friday(listed, tmp_path / "friday")
    differ = listed.governance.onboard_compare(folder=str(wrong), date=FRIDAY)
    assert (differ.accepted, differ.agreed_days, differ.differing_quantities) == (False, 0, [])
    (line,) = differ.differing_amounts
    assert (line.source, line.subject, line.their_amount, line.our_amount) == (
        "cash",
        "9801-2",
        20_001_0000,
        20_000_0000,
    )
    assert listed.governance.onboard_compare(folder=str(close), date=FRIDAY).accepted
    proposal = listed.governance.onboard_advance(to="live", reason="a day agreed")
    own = listed.approvals.approve(proposal=proposal.id)
    assert isinstance(own, Rejection)
    assert own.code == "core.same_person"
    listed.access.grant(user="lin", role="administrator")
    with Firm.open(listed.path, user="lin") as second:
        assert not isinstance(second.approvals.approve(proposal=proposal.id), Rejection)
    assert listed.governance.onboard_status().stage == "live"


def test_going_back_after_the_cut_over_takes_a_second_person_too(live: Firm) -> None:
    proposal = live.governance.onboard_advance(to="rolled_back", reason="orders were lost")
    assert live.governance.onboard_status().stage == "live"
    with Firm.open(live.path, user="lin") as second:
        assert not isinstance(second.approvals.approve(proposal=proposal.id), Rejection)
    assert live.governance.onboard_status().stage == "rolled_back"
    again = live.governance.onboard_advance(to="rolled_back", reason="once more")
    assert isinstance(again, Rejection)
    assert again.code == "onboarding.not_started"


def test_a_machine_refuses_to_go_back_from_live_unapproved(live: Firm) -> None:
    decision = live.house.writer.send(AdvanceOnboarding(to="rolled_back", reason="alone"))
    assert [reason.code for reason in decision.rejections()] == ["onboarding.unapproved"]


def test_what_is_proposed_reads_in_both_languages(live: Firm) -> None:
    live.governance.onboard_advance(to="rolled_back", reason="orders were lost")
    live.market.register_instrument(symbol="9903.XTAI", name="{Made} Up", reason="listed")
    said = {
        language: [row["summary"] for row in call(live.context(language=language), "approvals.list").rows()]
        for language in ("en", "zh_Hant")
    }
    assert said["en"][-2:] == ["Go back to the old system", "Register the instrument 9903.XTAI, {Made} Up"]
    assert said["zh_Hant"][-2:] == ["退回舊系統", "登錄商品 9903.XTAI，{Made} Up"]


def test_rolling_back_keeps_the_books_and_the_stop(listed: Firm, files: Path) -> None:
    listed.governance.onboard(folder=str(files), at=AT)
    assert not isinstance(listed.governance.onboard_advance(to="rolled_back", reason="later"), Rejection)
    assert listed.governance.onboard_status().stage == "rolled_back"
    assert listed.house.machine("ledger").account_count == HOUSE_ACCOUNT_COUNT + 2
