"""A firm with two people and some made-up bars, through the firm's own doors."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core import writer
from tallystick.core.engine import Engine
from tallystick.core.journal import Journal
from tallystick.core.settings import load_settings
from tallystick.core.time import SystemClock
from tallystick.core.writer.desk import Desk
from tallystick.firm import Firm, make_machines
from tallystick.history import append_bars

FIRST = datetime.date(2016, 3, 1)


def bars_of(first, days, symbols=("9901.XTAI", "9902.XTAI"), price=100_000):
    """A bar of each symbol on each date from a first one."""
    dates = [first + datetime.timedelta(day) for day in range(days) for _ in symbols]
    count = len(dates)
    columns = {"symbol": list(symbols) * days, "date": pa.array(dates, pa.date32())}
    columns |= {name: pa.array([price] * count, pa.int64()) for name in ("open", "high", "low", "close")}
    columns["volume"] = pa.array(range(count), pa.int64())
    return pa.table(columns)


@pytest.fixture
def bars():
    return bars_of


class NearWriter(writer.WriterClient):
    """The writer's own desk in this process, one for each firm: no process to start and to wait for."""

    desks: dict[str, Desk] = {}

    def _exchange(self, request):
        desk = self.desks.get(str(self._folder))
        if desk is None:
            settings = load_settings(self._folder)
            journal = Journal.open(self._folder / "journal", settings=settings.journal)
            desk = Desk(self._folder, journal, Engine(make_machines()), SystemClock(), settings)
            desk.open()
            self.desks[str(self._folder)] = desk
        return desk.take([request])[0]


@pytest.fixture
def near(monkeypatch):
    """Firms of this test decide in this process."""
    monkeypatch.setattr(writer, "WriterClient", NearWriter)
    yield
    for desk in NearWriter.desks.values():
        desk.close()
    NearWriter.desks.clear()


@pytest.fixture
def firm(tmp_path, near):
    with Firm.create(tmp_path / "firm", first_day=datetime.date(2026, 11, 19), user="maker") as opened:
        opened.access.grant(user="checker", role="administrator")
        yield opened


@pytest.fixture
def approve(firm):
    """Let the second person approve a proposal."""

    def approved(proposal):
        with Firm.open(firm.path, user="checker") as second:
            return second.approvals.approve(proposal=proposal.id)

    return approved


@pytest.fixture
def filled(firm):
    """Ten dates at the end of 2016 and ten of 2025, in two yearly partitions."""
    for first in (datetime.date(2016, 12, 1), datetime.date(2025, 12, 1)):
        append_bars(firm.context(), bars_of(first, 10), token=str(first))
    return firm
