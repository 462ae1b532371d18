"""How a firm begins: on a session, and the same firm twice has the same chain."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.journal import Head
from tallystick.core.settings import FirmSettings, Settings, write_settings
from tallystick.core.time import SystemClock, market_time
from tallystick.firm import Firm
from tallystick.simulation import DemoPlan, build, run_day

PLAN = DemoPlan(
    clients=40, instruments=6, branches=2, house_orders=120, slot_seconds=600, oddities=1, real_shares=False
)
Kill = Callable[[Path], None]


def test_a_day_without_a_session_is_refused_and_the_next_one_named(tmp_path: Path) -> None:
    sunday = datetime.date(2026, 11, 22)
    with pytest.raises(TallystickError, match="2026-11-22 is no session of XTAI") as refused:
        Firm.create(tmp_path / "firm", first_day=sunday, user="mei")
    assert "--first-day 2026-11-23" in str(refused.value)
    assert not (tmp_path / "firm").exists(), "nothing is left behind"


@pytest.mark.parametrize("name", ["a?b", "a*b", "a\\b", "a\nb", "a\x7fb"])
def test_a_path_that_files_cannot_be_read_at_is_refused_before_anything_is_made(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(TallystickError) as refused:
        Firm.create(tmp_path / name / "firm", user="mei")
    assert refused.value.code == "firm.path_letters"
    assert not list(tmp_path.iterdir())


def test_a_firm_that_was_moved_to_such_a_path_is_not_opened(tmp_path: Path, kill_writer: Kill) -> None:
    Firm.create(tmp_path / "firm", first_day=datetime.date(2026, 11, 19), user="mei").close()
    kill_writer(tmp_path / "firm")
    (tmp_path / "firm").rename(tmp_path / "a?b")
    with pytest.raises(TallystickError, match=r"A firm cannot be at .*a\?b"):
        Firm.open(tmp_path / "a?b", user="mei")
    assert [path.name for path in tmp_path.iterdir()] == ["a?b"]


@pytest.mark.parametrize(
    ("today", "begins"), [((2026, 11, 20, 23), (2026, 11, 20)), ((2026, 11, 21, 1), (2026, 11, 23))]
)
def test_without_a_day_it_begins_today_or_on_the_next_session(
    tmp_path: Path,
    kill_writer: Kill,
    monkeypatch: pytest.MonkeyPatch,
    today: tuple[int, ...],
    begins: tuple[int, ...],
) -> None:
    *date, hour = today
    now = market_time(datetime.date(*date), datetime.time(hour), "Asia/Taipei")
    monkeypatch.setattr(SystemClock, "now", lambda self: now)
    with Firm.create(tmp_path / "firm", user="mei") as firm:
        assert firm.house.journal.head().day == datetime.date(*begins)
    kill_writer(tmp_path / "firm")


def test_a_making_that_was_stopped_goes_on_and_a_whole_firm_is_left_alone(
    tmp_path: Path, kill_writer: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before its first command, and between parties and accounts: the chain is that of one made at once."""

    def stop(day: datetime.date) -> None:
        raise KeyboardInterrupt

    settings = Settings(firm=FirmSettings(clock="commands"))
    heads = []
    for stopped in ("nowhere", "at once", "late"):
        folder = tmp_path / stopped
        if stopped != "nowhere":
            folder.mkdir()
            write_settings(folder, settings)
        if stopped == "late":
            monkeypatch.setattr("tallystick.ledger.house_accounts", stop)
            with pytest.raises(KeyboardInterrupt):
                Firm.create(folder, first_day=PLAN.first_day, settings=settings, user="mei")
            monkeypatch.undo()
        with Firm.create(folder, first_day=PLAN.first_day, settings=settings, user="mei") as firm:
            heads.append(firm.house.journal.head())
            assert firm.is_founded
        with pytest.raises(TallystickError, match="holds a firm already"):
            Firm.create(folder, first_day=PLAN.first_day, settings=settings, user="mei")
        kill_writer(folder)
    assert len(set(heads)) == 1


def test_one_seed_gives_one_chain(tmp_path: Path, kill_writer: Kill) -> None:
    """To the last hash: no clock, no random id and no order of arrival is in the journal of a simulated firm."""

    def made(folder: Path) -> list[Head]:
        settings = Settings(firm=FirmSettings(clock="commands", seed=PLAN.seed))
        heads = []
        with Firm.create(folder, first_day=PLAN.first_day, settings=settings, user="mei") as firm:
            heads.append(firm.house.journal.head())
            build(firm.context(), PLAN)
            heads.append(firm.house.journal.head())
            run_day(firm.context(), PLAN.date)
            heads.append(firm.house.journal.head())
        kill_writer(folder)
        return heads

    assert made(tmp_path / "one") == made(tmp_path / "other")
