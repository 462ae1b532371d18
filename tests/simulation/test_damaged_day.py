"""One flipped bit late in a traded day: what stands before it is served, what lies behind names batch and remedy."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_firm import PLAN, leave

from tallystick.cli import main
from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.ids import format_day_id
from tallystick.core.journal import JournalDamaged, restore_day
from tallystick.firm import Firm
from tallystick.risk.gate.events import SubmitOrder


@pytest.fixture(scope="module")
def sound(run) -> tuple[Path, dict]:
    """The folder of a firm whose day has run, with the snapshot that its writer left, and what it holds."""
    firm, _, _ = run
    orders = firm.house.journal.columns(SubmitOrder, day=PLAN.date)
    place = len(orders.seqs) * 3 // 4
    known = {
        "seq": int(orders.seqs[place]),
        "before": int((orders.seqs < orders.seqs[place]).sum()),
        "first": format_day_id("O", int(orders.records["order_id"][0])),
        "behind": format_day_id("O", int(orders.records["order_id"][-1])),
        "head": firm.house.journal.head(),
    }
    leave(firm)
    assert list((firm.path / "journal" / "snapshots").glob(f"{known['head'].seq:012d}.npz"))
    return firm.path, known


@pytest.fixture
def damaged(sound: tuple[Path, dict], tmp_path: Path) -> Iterator[tuple[Path, dict]]:
    folder, known = sound
    copy = tmp_path / "firm"
    shutil.copytree(folder, copy)
    with sqlite3.connect(copy / "journal" / str(PLAN.date) / "0.sqlite") as file:
        (payload,) = file.execute("SELECT payload FROM batches WHERE seq = ?", (known["seq"],)).fetchone()
        flipped = bytes([payload[0] ^ 1]) + payload[1:]
        file.execute("UPDATE batches SET payload = ? WHERE seq = ?", (flipped, known["seq"]))
    file.close()
    yield copy, known
    assert not (copy / "run" / "writer.sock").exists(), "no writer serves a damaged firm"


def test_what_is_proven_is_served_and_the_damage_told(damaged):
    folder, known = damaged
    with Firm.open(folder, user="demo") as firm:
        orders = firm.risk.orders(business_date=PLAN.date, limit=10_000)
        assert orders.total_rows == known["before"] > 0
        report = firm.governance.day_report(date=PLAN.date)
        assert (report.orders, report.last_seq) == (known["before"], known["seq"] - 1)
        why = firm.journal.why(id=known["first"])
        assert why.seq < known["seq"]
        head = firm.journal.head()
        assert (head.seq, head.day) == (known["seq"] - 1, PLAN.date)
        for told in (head.damage, firm.journal.check().damage, str(firm.house.damage)):
            assert f"Batch {known['seq']} of {PLAN.date} does not match its hash." in told
            assert f"tally repair DIR --day {PLAN.date} --backup FILE" in told
        assert firm.ledger.cash(account=str(why.command["account"])) is not None


def test_machines_stand_before_the_damage_also_where_a_snapshot_stands_behind(damaged):
    folder, known = damaged
    with Firm.open(folder, user="demo") as firm:
        assert firm.house.damage
        day = firm.house.machine("day").state
        assert day.is_open, "the close stands behind the damage"
        with pytest.raises(JournalDamaged, match=f"Batch {known['seq']} "):
            firm.house.engine_at(known["head"].seq)


def test_what_lies_behind_is_never_called_missing_or_the_same(damaged):
    folder, known = damaged
    with Firm.open(folder, user="demo") as firm:
        for ask in (
            lambda: firm.journal.why(id=known["behind"]),
            lambda: firm.risk.order(order_id=known["behind"]),
            lambda: firm.journal.why(id=str(known["seq"] + 1)),
            lambda: firm.journal.batch(seq=known["seq"]),
            lambda: firm.journal.replay(date=PLAN.date),
        ):
            with pytest.raises(JournalDamaged, match=f"Batch {known['seq']} "):
                ask()
        assert firm.journal.batch(seq=known["seq"] + 2).seq == known["seq"] + 2
        assert firm.journal.replay(date=PLAN.first_day).same
        assert firm.journal.verify().replay is None


def test_nothing_is_written(damaged):
    folder, known = damaged
    with Firm.open(folder, user="demo") as firm, pytest.raises(TallystickError) as refused:
        firm.house.writer.send(GrantRole(user="late", role="auditor"))
    assert f"Batch {known['seq']} of {PLAN.date}" in str(refused.value)
    assert "tally repair" in str(refused.value)


def test_the_command_line_says_that_the_reply_is_cut_short(damaged, capsys, monkeypatch):
    folder, known = damaged
    monkeypatch.setattr("tallystick.firm.system_user", lambda: "demo")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with pytest.raises(SystemExit) as left:
        main(["risk", "orders", "--limit", "1", "--json", "--firm", str(folder)])
    assert left.value.code == 0
    assert f"Batch {known['seq']} of {PLAN.date}" in capsys.readouterr().err


def test_a_restored_day_is_seen_without_opening_the_firm_again(damaged, sound):
    folder, known = damaged
    with Firm.open(folder, user="demo") as firm:
        assert firm.risk.orders(business_date=PLAN.date).total_rows == known["before"]
        assert firm.house.damage
        restore_day(folder / "journal", PLAN.date, sound[0] / "journal" / str(PLAN.date) / "0.sqlite")
        assert firm.house.damage is None
        assert firm.house.journal.head() == known["head"]
        assert firm.risk.orders(business_date=PLAN.date).total_rows > known["before"]
        assert not firm.house.machine("day").state.is_open


def test_a_damaged_older_day_leaves_the_newer_ones_whole(damaged, sound):
    folder, known = damaged
    journal = folder / "journal"
    restore_day(journal, PLAN.date, sound[0] / "journal" / str(PLAN.date) / "0.sqlite")
    with sqlite3.connect(journal / str(PLAN.first_day) / "0.sqlite") as file:
        file.execute("UPDATE batches SET actor = 'nobody' WHERE seq = 9")
    file.close()
    with Firm.open(folder, user="demo") as firm:
        assert firm.house.damage is None, "the newest day is sound, the older one was not read"
        assert firm.risk.orders(business_date=PLAN.date).total_rows > known["before"]
        assert firm.journal.batches(day=PLAN.first_day).rows()[0]["seq"] == 8
        assert "Batch 9 " in str(firm.house.damage)
        assert firm.house.journal.head() == known["head"]


def test_a_lost_newest_day_is_told_and_the_days_before_are_served(damaged):
    folder, _ = damaged
    path = folder / "journal" / str(PLAN.date) / "0.sqlite"
    os.truncate(path, 100)
    path.with_name("0.sqlite-wal").unlink(missing_ok=True)
    with Firm.open(folder, user="demo") as firm:
        assert firm.house.journal.head().day == PLAN.first_day
        assert str(PLAN.date) in firm.journal.head().damage
        assert not firm.house.machine("day").state.is_open
