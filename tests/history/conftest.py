"""A house with a real lake and real machines, whose writer decides in this process."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.access import Actor
from tallystick.core.context import Context
from tallystick.core.engine import Engine
from tallystick.core.events import event_of
from tallystick.core.journal import Head
from tallystick.core.lake import Lake
from tallystick.core.settings import Settings
from tallystick.core.time import parse_time
from tallystick.history import HistoryMachine
from tallystick.market import MarketMachine, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument

KNOWN = "2026-11-20 18:00:00"


class Decided:
    """The answer to one command."""

    def __init__(self, kind, verdicts):
        self.kind, self.verdicts, self.position = kind, verdicts, 1

    @property
    def accepted(self):
        return not self.verdicts["mask"].any()


class NoJournal:
    """A journal without any entry."""

    def head(self):
        return Head(None, 0, bytes(32))


class EveryoneMay:
    """Access that refuses nobody anything."""

    def allows(self, actor, permission):
        return True

    def require(self, actor, permission):
        """Everyone may."""


class House:
    """What a context needs of a firm for history."""

    def __init__(self, folder):
        self.path = folder
        self.settings = Settings()
        self.lake = Lake(folder / "lake", self.settings.lake)
        self.engine = Engine([MarketMachine(), HistoryMachine()])
        self.writer, self.journal, self.access = self, NoJournal(), EveryoneMay()
        self.sent = []
        self.engine.decide(AdoptRules, [seed_command()])
        self.engine.decide(RegisterInstrument, [RegisterInstrument(symbol="9901.XTAI", name="Example One")])

    def machine(self, name):
        return self.engine.machines[name]

    def send(self, command, *, actor=None):
        decided = Decided(event_of(type(command)), self.engine.decide(type(command), [command]))
        if decided.accepted:
            self.sent.append(command)
        return decided


@pytest.fixture
def house(tmp_path):
    opened = House(tmp_path)
    yield opened
    opened.lake.close()


@pytest.fixture(scope="session")
def open_house():
    """Opens a house in a folder."""
    return House


@pytest.fixture
def context(house):
    return Context(house, Actor("someone"))


@pytest.fixture
def known_at():
    return parse_time(KNOWN, "Asia/Taipei")


@pytest.fixture
def write(tmp_path):
    """Write a file of lines and give its path."""

    def make(name, *lines, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\n".join([*lines, ""]).encode(encoding))
        return path

    return make


@pytest.fixture
def day():
    return datetime.date(2026, 11, 19)
