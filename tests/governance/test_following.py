"""The parallel run: days followed from the old system's files, and what its close proves."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from old_system import (
    add_totals,
    alter_price,
    export_day,
    read,
    register_same,
    write_executions,
)
from old_system import write as write_rows
from onboarding_files import AT, FILES, register, write

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.operations import call
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.governance.onboarding import following
from tallystick.governance.onboarding.events import CompareParallelDay, FollowDay
from tallystick.ledger import HOUSE_ACCOUNT_COUNT
from tallystick.simulation import DemoPlan, build, run_day

FRIDAY, MONDAY, TUESDAY = (datetime.date(2026, 11, day) for day in (20, 23, 24))
SUNDAY = datetime.date(2026, 11, 22)
ONE, TWO = HOUSE_ACCOUNT_COUNT, HOUSE_ACCOUNT_COUNT + 1
PLAN = DemoPlan(
    clients=80, instruments=8, branches=2, house_orders=300, slot_seconds=60, oddities=0, real_shares=False,
    accounts_at_once=90,
)  # fmt: skip


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a simulated firm exports: its books before its day and after, and the files of the day."""
    folder = tmp_path_factory.mktemp("old")
    settings = Settings(firm=FirmSettings(clock="commands", seed=PLAN.seed))
    with Firm.create(folder / "firm", first_day=PLAN.first_day, settings=settings, user="demo") as firm:
        build(firm.context(), PLAN)
        firm.governance.export_books(folder=str(folder / "before"), at=PLAN.first_day)
        run_day(firm.context(), PLAN.date)
        firm.governance.export_books(folder=str(folder / "after"), at=PLAN.date)
        export_day(firm, PLAN.date, folder / "day")
    add_totals(folder / "before")
    yield folder
    _leave(folder / "firm")


def _leave(folder: Path) -> None:
    words = (folder / "journal" / "0.lock").read_text().split()
    with suppress(ProcessLookupError):
        os.kill(int(words[0]), signal.SIGTERM)


@contextmanager
def heir(folder: Path, old: Path, kill_writer: Callable[[Path], None]) -> Iterator[Firm]:
    """A new firm in parallel that took the old one's books over."""
    with Firm.create(folder, first_day=AT, user="mei") as firm:
        with Firm.open(old / "firm", user="demo") as other:
            register_same(firm, other)
        reply = firm.governance.onboard(folder=str(old / "before"), at=AT, parallel_days=1)
        assert (reply.accepted, reply.refused) == (True, [])
        go_parallel(firm)
        yield firm
    kill_writer(folder)


def go_parallel(firm: Firm) -> None:
    for stage in ("shadow", "parallel"):
        assert not isinstance(firm.governance.onboard_advance(to=stage, reason="plan"), Rejection)


def test_a_firms_day_is_followed_to_the_cent(old: Path, tmp_path: Path, kill_writer) -> None:
    with heir(tmp_path / "new", old, kill_writer) as firm:
        reply = firm.governance.onboard_day(folder=str(old / "day"), date=FRIDAY)
        assert (reply.accepted, reply.refused, reply.late_accounts) == (True, [], [])
        assert {taken.file for taken in reply.loaded} == {
            "executions",
            "cash_movements",
            "securities_movements",
            "reference_prices",
        }
        trades = [row for row in read(old / "after", "unsettled_trades") if row["trade_date"] == str(FRIDAY)]
        assert len(trades) > 50
        assert reply.fees == sum(Decimal(row["fee"]) for row in trades) * 10_000
        assert reply.taxes == sum(Decimal(row["tax"]) for row in trades) * 10_000 > 0
        close = firm.governance.onboard_compare(folder=str(old / "after"), date=FRIDAY)
        assert (close.accepted, close.differing_amounts, close.differing_quantities) == (True, [], [])
        assert (close.agreed_days, close.compared > 400) == (1, True)
        with Firm.open(old / "firm", user="demo") as other:
            theirs, ours = other.house.machine("ledger"), firm.house.machine("ledger")
            trading = slice(HOUSE_ACCOUNT_COUNT, None)
            assert (theirs.accounts()["posted"][trading] == ours.accounts()["posted"][trading]).all()
            terms = other.house.machine("market").day_terms
            assert (terms == firm.house.machine("market").day_terms).all()


def test_a_wrong_price_shows_at_its_account_alone(old: Path, tmp_path: Path, kill_writer) -> None:
    shutil.copytree(old / "day", tmp_path / "day")
    row = alter_price(tmp_path / "day", FRIDAY, 30, 10_0000)
    with heir(tmp_path / "new", old, kill_writer) as firm:
        assert firm.governance.onboard_day(folder=str(tmp_path / "day"), date=FRIDAY).accepted
        close = firm.governance.onboard_compare(folder=str(old / "after"), date=FRIDAY)
        assert (close.accepted, close.agreed_days, close.differing_quantities) == (False, 0, [])
        (line,) = close.differing_amounts
        assert (line.source, line.subject) == ("unsettled_cash", f"{row['account']} {TUESDAY}")
        more = abs(line.our_amount - line.their_amount)
        assert abs(more - 10_0000 * row["quantity"]) < 10_0000 * row["quantity"] // 100


@pytest.fixture
def small(firm: Firm, tmp_path: Path) -> Firm:
    """The hand-made firm of two clients, in parallel."""
    register(firm)
    firm.governance.onboard(folder=str(write(tmp_path / "files")), at=AT, parallel_days=2)
    go_parallel(firm)
    return firm


def day(folder: Path, date: datetime.date, *fills: tuple[object, ...], **files: str) -> str:
    folder.mkdir()
    write_executions(folder, date, *fills)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return str(folder)


BOUGHT = (9001, 71, "9801-1", 1, "9901", 1, 1_000, 100_0000, 9)
SOLD = (9002, 72, "9801-1", 1, "9901", 2, 500, 102_0000, 10)
CASH = "reference,account,amount,at\nB1,9801-2,500,09:00:00\nB2,9801-2,-20500,12:00:00\n"


def close(
    folder: Path, cash: str, holdings: str = "", trades: str = "", errors: str = FILES["error_trades"]
) -> str:
    """The old system's close in files."""
    folder.mkdir()
    write_rows(folder, "cash", "account,amount", [])
    (folder / "cash.csv").write_text(cash)
    (folder / "holdings.csv").write_text(holdings or FILES["holdings"])
    (folder / "unsettled_trades.csv").write_text(trades)
    (folder / "error_trades.csv").write_text(errors)
    return str(folder)


HEAD = "trade,account,symbol,side,price,quantity,trade_date,settlement_date,fee,tax\n"
FRIDAYS_CLOSE = {
    # 9801-1 paid 50,071 for trade 501 and has 9902; 9801-2 was paid 500 and took 20,500.
    "cash": "account,amount\n9801-1,49929.50\nOWN,1000000\n",
    "holdings": FILES["holdings"] + "9801-1,9902.XTAI,1000,50071,2026-11-18\n",
    # 100,000 at 0.1425 % is 142.5, cut to 142; 51,000 is 72.675, cut to 72. Tax: day trade of 500, half of 0.3 %.
    "trades": HEAD
    + "502,9801-2,9902.XTAI,sell,51,1000,2026-11-19,2026-11-23,72,153\n"
    + "9001,9801-1,9901.XTAI,buy,100,1000,2026-11-20,2026-11-24,142,0\n"
    + "9002,9801-1,9901.XTAI,sell,102,500,2026-11-20,2026-11-24,72,76\n",
}


def test_a_day_worked_out_by_hand(small: Firm, tmp_path: Path) -> None:
    files = day(tmp_path / "day", FRIDAY, BOUGHT, SOLD, cash_movements=CASH)
    reply = small.governance.onboard_day(folder=files, date=FRIDAY)
    assert reply.accepted, reply
    assert (reply.fees, reply.taxes) == (214_0000, 76_0000)
    same = small.governance.onboard_compare(folder=close(tmp_path / "close", **FRIDAYS_CLOSE), date=FRIDAY)
    assert (same.accepted, same.differing_amounts, same.differing_quantities) == (True, [], [])
    ledger = small.house.machine("ledger")
    assert (ledger.cash(ONE).posted, ledger.cash(TWO).posted) == (49_929_5000, 0)
    status = small.governance.onboard_status()
    assert (status.followed_on, status.compared_on, status.agreed_days) == (FRIDAY, FRIDAY, 1)


def test_followed_days_are_business_history(small: Firm, tmp_path: Path) -> None:
    """The day that was taken over and the day that was followed are in the lake, proven and on the journal."""
    files = day(tmp_path / "day", FRIDAY, BOUGHT, SOLD, cash_movements=CASH)
    assert small.governance.onboard_day(folder=files, date=FRIDAY).accepted
    sealed = small.history.loads(what="sealed", limit=0).rows()
    assert {(line["dataset"], line["source"]) for line in sealed} >= {
        ("ledger.executions", str(AT)), ("ledger.executions", str(FRIDAY)), ("ledger.positions", str(FRIDAY)),
        ("ledger.cash_moves", str(FRIDAY)), ("clients.events", str(AT)),
    }  # fmt: skip
    executions = small.house.lake.scan(
        "ledger.executions", order=["business_date", "execution_id"]
    ).to_pylist()
    assert [(row["execution_id"], row["business_date"], row["fee"]) for row in executions[-2:]] == [
        (9001, FRIDAY, 142_0000), (9002, FRIDAY, 72_0000),
    ]  # fmt: skip
    assert {row["origin"] for row in executions[:-2]} == {"opening"}
    assert small.house.lake.describe("ledger.executions").files == 2
    assert small.history.seal().total_rows == 0, "nothing is left to seal"
    assert small.governance.onboard_day(folder=files, date=FRIDAY).accepted
    assert small.history.loads(what="sealed", limit=0).rows() == sealed


def test_the_same_files_twice_do_nothing(small: Firm, tmp_path: Path) -> None:
    files = day(tmp_path / "day", FRIDAY, BOUGHT, cash_movements=CASH)
    first = small.governance.onboard_day(folder=files, date=FRIDAY)
    head = small.house.journal.head()
    assert small.governance.onboard_day(folder=files, date=FRIDAY) == first
    assert small.house.journal.head() == head
    write_executions(tmp_path / "day", FRIDAY, SOLD)
    other = small.governance.onboard_day(folder=files, date=FRIDAY)
    assert isinstance(other, Rejection)
    assert other.code == "onboarding.other_files"


NEW = {
    "reference_prices": "symbol,price\n9901.XTAI,100\n",
    "parties": "party,kind,name\nP9,client,Made-up New\n",
    "accounts": "account,party,branch,kind,opened_on\n9801-9,P9,1,client,2026-11-20\n",
}


def test_a_day_whose_writer_is_killed_after_every_message_goes_on(
    small: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_writer
) -> None:
    files = day(tmp_path / "day", FRIDAY, BOUGHT, SOLD, cash_movements=CASH, **NEW)
    sent, calls, stops = following.send_commands, [], 0

    def killed(*arguments: object) -> None:
        sent(*arguments)  # type: ignore[arg-type]
        calls.append(arguments)
        if len(calls) > 2 * stops:
            kill_writer(small.path)
            raise KeyboardInterrupt

    monkeypatch.setattr(following, "send_commands", killed)
    done = False
    while not done:
        calls.clear()
        with Firm.open(small.path, user="mei") as firm, suppress(KeyboardInterrupt):
            done = firm.governance.onboard_day(folder=files, date=FRIDAY).accepted
        stops += not done
    assert stops == 7
    kinds = [
        batch.kind
        for batch in small.house.journal.batches(day=FRIDAY)
        for _ in range(batch.count)
        if not batch.kind.startswith(("core.", "history."))
    ]
    assert kinds == [
        "ledger.register_party", "ledger.open_account", "market.set_day_terms", "ledger.record_execution",
        "ledger.move_cash", "ledger.record_execution", "ledger.move_cash", "ledger.close_trading",
    ]  # fmt: skip
    sealed = [
        (line["dataset"], line["source"]) for line in small.history.loads(what="sealed", limit=0).rows()
    ]
    assert sealed
    assert len(set(sealed)) == len(sealed), "each day of a table is sealed once"
    with Firm.open(small.path, user="mei") as firm:
        files = close(tmp_path / "close", **FRIDAYS_CLOSE)
        assert firm.governance.onboard_compare(folder=files, date=FRIDAY).accepted


ACCOUNT = "account,party,branch,kind,opened_on\n"
BAD = {
    "unknown account": (
        {}, [(*BOUGHT[:2], "9801-7", *BOUGHT[3:])], ("executions", 2, "onboarding.account_not_open"),
    ),
    "unknown security": (
        {}, [BOUGHT, (9003, 7, "9801-1", 1, "9909", *BOUGHT[5:])], ("executions", 3, "onboarding.unknown_symbol"),
    ),
    "other branch": ({}, [(*BOUGHT[:3], 2, *BOUGHT[4:])], ("executions", 2, "onboarding.other_value")),
    "id twice": ({}, [BOUGHT, BOUGHT], ("executions", 3, "onboarding.repeated")),
    "id of an opening trade": ({}, [(501, *BOUGHT[1:])], ("executions", 2, "ledger.id_repeated")),
    "more than there is": (
        {"cash_movements": CASH.replace("-20500", "-20501")}, [], ("cash_movements", 3, "ledger.overdrawn"),
    ),
    "too early": (
        {"cash_movements": CASH.replace("12:00", "08:00")}, [], ("cash_movements", 3, "ledger.overdrawn"),
    ),
    "no time": (
        {"cash_movements": CASH.replace("12:00:00", "noon")}, [], ("cash_movements", 3, "onboarding.not_a_time"),
    ),
    "nothing moved": (
        {"cash_movements": CASH.replace("-20500", "0")}, [], ("cash_movements", 3, "onboarding.nothing"),
    ),
    "account twice": (
        {"accounts": ACCOUNT + "9801-1,P1,1,client,2026-11-20\n"}, [],
        ("accounts", 2, "onboarding.account_is_open"),
    ),
    "party of nobody": (
        {"accounts": ACCOUNT + "9801-9,P8,1,client,2026-11-20\n"}, [],
        ("accounts", 2, "onboarding.party_not_known"),
    ),
    "party twice": (
        {"parties": "party,kind,name\nP1,client,X\n"}, [], ("parties", 2, "onboarding.party_is_known"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_refuses_the_day_whole(name: str, small: Firm, tmp_path: Path) -> None:
    files, fills, (file, line, code) = BAD[name]
    head = small.house.journal.head()
    reply = small.governance.onboard_day(folder=day(tmp_path / "day", FRIDAY, *fills, **files), date=FRIDAY)
    assert [(bad.file, bad.line, bad.code) for bad in reply.refused] == [(file, line, code)]
    assert not reply.accepted
    assert small.house.journal.head() == head
    (bad,) = reply.refused
    assert "{" not in bad.reason + bad.remedy
    english = bad.reason
    context = small.context(language="zh_Hant")
    fields = {"folder": str(tmp_path / "day"), "date": FRIDAY}
    (bad,) = call(context, "governance.onboard_day", fields).refused
    assert bad.reason != english
    assert "{" not in bad.reason + bad.remedy


def test_a_file_of_executions_that_was_cut_is_refused(small: Firm, tmp_path: Path) -> None:
    files = day(tmp_path / "day", FRIDAY, BOUGHT, SOLD)
    path = tmp_path / "day" / "executions.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    reply = small.governance.onboard_day(folder=files, date=FRIDAY)
    assert [(bad.line, bad.column, bad.code) for bad in reply.refused] == [
        (3, "count", "onboarding.total_differs"),
        (3, "quantity", "onboarding.total_differs"),
        (3, "amount", "onboarding.total_differs"),
    ]
    assert reply.refused[2].reason == "The file states 151,000.00 for amount; its rows give 100,000.00."
    path.write_bytes(b"".join(lines[:2]))
    (bad,) = small.governance.onboard_day(folder=files, date=FRIDAY).refused
    assert bad.code == "wire.no_trailer"
    path.unlink()
    with pytest.raises(TallystickError, match=r"executions\.csv is missing"):
        small.governance.onboard_day(folder=files, date=FRIDAY)


def test_a_new_clients_account_trades_on_its_first_day(small: Firm, tmp_path: Path) -> None:
    files = day(
        tmp_path / "day", FRIDAY, (*BOUGHT[:2], "9801-9", *BOUGHT[3:]),
        parties="party,kind,name\nP9,client,Made-up New\n",
        accounts="account,party,branch,kind,opened_on\n9801-9,P9,1,client,2026-11-20\n9802-1,P1,2,client,2026-11-20\n",
        limits="account,status,daily_limit,order_value_limit,permissions\n9801-9,normal,1000,1000000,1\n",
    )  # fmt: skip
    assert small.governance.onboard_day(folder=files, date=FRIDAY).accepted
    ledger = small.house.machine("ledger")
    found = ledger.find_account("9801-9")
    assert small.house.vault.person(ledger.account(found).reference)["name"] == "Made-up New"
    assert ledger.account(ledger.find_account("9802-1")).reference == ledger.account(ONE).reference
    assert small.governance.onboard_status().followed_on == FRIDAY


def refusal(decision: object) -> list[str]:
    return [reason.code for reason in decision.rejections()]  # type: ignore[attr-defined]


def compared(date: datetime.date, differences: int = 0) -> CompareParallelDay:
    return CompareParallelDay(
        business_date=date, compared=5, differences=differences, amounts=[], quantities=[]
    )


def test_the_machine_compares_only_the_firms_own_closed_day(small: Firm) -> None:
    send = small.house.writer.send
    assert refusal(send(compared(AT))) == ["onboarding.opening_day"]
    assert refusal(send(compared(FRIDAY))) == ["onboarding.other_day"]
    for date in (SUNDAY, datetime.date(2031, 1, 1)):
        assert refusal(send(compared(date))) == ["onboarding.no_session", "onboarding.other_day"]
    assert send(DayClosed(business_date=AT)).accepted
    assert refusal(send(compared(AT))) == ["onboarding.opening_day"]
    assert send(DayOpened(business_date=FRIDAY, code_version="test")).accepted
    assert refusal(send(compared(FRIDAY))) == ["onboarding.day_open"]
    assert send(DayClosed(business_date=FRIDAY)).accepted
    assert send(compared(FRIDAY)).accepted
    assert send(DayOpened(business_date=TUESDAY, code_version="test")).accepted
    assert send(DayClosed(business_date=TUESDAY)).accepted
    assert refusal(send(compared(TUESDAY))) == ["onboarding.session_skipped"]
    assert small.governance.onboard_status().agreed_days == 1
    small.governance.onboard_advance(to="shadow", reason="Monday was missed")
    small.governance.onboard_advance(to="parallel", reason="counted anew")
    assert small.governance.onboard_status().agreed_days == 0
    assert send(compared(TUESDAY)).accepted


def test_a_close_of_any_other_date_says_what_to_do(small: Firm, tmp_path: Path) -> None:
    files = close(tmp_path / "close", **FRIDAYS_CLOSE)
    said = small.governance.onboard_compare(folder=files, date=SUNDAY)
    assert isinstance(said, Rejection)
    assert said.message == "2026-11-22 is no session of the home calendar."
    said = small.governance.onboard_compare(folder=files, date=FRIDAY)
    assert said.message == "The firm's day is 2026-11-19, not 2026-11-20."
    assert "onboard-day" in said.remedy


def test_a_day_counts_once_and_by_its_last_comparison(small: Firm) -> None:
    send = small.house.writer.send
    assert send(DayClosed(business_date=AT)).accepted
    counts = []
    for date, differences in ((FRIDAY, 0), (FRIDAY, 0), (MONDAY, 2), (MONDAY, 0), (TUESDAY, 0), (TUESDAY, 1)):
        if small.house.machine("day").state.business_date != date:
            assert send(DayOpened(business_date=date, code_version="test")).accepted
            assert send(DayClosed(business_date=date)).accepted
        assert send(compared(date, differences)).accepted
        counts.append(small.governance.onboard_status().agreed_days)
    assert counts == [1, 1, 0, 1, 2, 0]


def test_days_are_followed_one_after_the_other_and_compared_before_the_next(
    small: Firm, tmp_path: Path
) -> None:
    follow = small.governance.onboard_day
    friday, monday = day(tmp_path / "friday", FRIDAY), day(tmp_path / "monday", MONDAY)
    skipped = follow(folder=monday, date=MONDAY)
    assert (skipped.code, skipped.message) == (
        "onboarding.day_skipped",
        "2026-11-20 comes next, not 2026-11-23.",
    )
    assert follow(folder=friday, date=SUNDAY).code == "onboarding.no_session"
    assert follow(folder=friday, date=FRIDAY).accepted
    early = follow(folder=monday, date=MONDAY)
    assert (early.code, early.message) == (
        "onboarding.day_not_compared",
        "2026-11-20 was not compared with the old system's close.",
    )
    rest = FRIDAYS_CLOSE | {"trades": HEAD + FRIDAYS_CLOSE["trades"].splitlines()[1] + "\n"}
    rest["cash"] += "9801-2,20000\n"
    assert small.governance.onboard_compare(folder=close(tmp_path / "close", **rest), date=FRIDAY).accepted
    assert follow(folder=monday, date=MONDAY).accepted
    live = small.house.writer.send(FollowDay(business_date=TUESDAY, files={}))
    assert refusal(live) == ["onboarding.day_not_compared"]


def test_the_cut_over_waits_for_the_last_day_that_was_followed(small: Firm, tmp_path: Path) -> None:
    test_days_are_followed_one_after_the_other_and_compared_before_the_next(small, tmp_path)
    small.house.machine("onboarding")
    small.access.grant(user="lin", role="administrator")
    proposal = small.governance.onboard_advance(to="live", reason="one day agreed")
    with Firm.open(small.path, user="lin") as second:
        refused = second.approvals.approve(proposal=proposal.id)
    assert isinstance(refused, Rejection)
    assert small.governance.onboard_status().stage == "parallel"


def test_in_shadow_days_need_no_comparison(firm: Firm, tmp_path: Path) -> None:
    register(firm)
    firm.governance.onboard(folder=str(write(tmp_path / "files")), at=AT)
    files = day(tmp_path / "friday", FRIDAY)
    assert firm.governance.onboard_day(folder=files, date=FRIDAY).code == "onboarding.not_in_shadow"
    firm.governance.onboard_advance(to="shadow", reason="plan")
    assert firm.governance.onboard_day(folder=files, date=FRIDAY).accepted
    assert firm.governance.onboard_day(folder=day(tmp_path / "monday", MONDAY), date=MONDAY).accepted
    assert not firm.house.machine("ledger").positions(TWO)["posted"].any()
