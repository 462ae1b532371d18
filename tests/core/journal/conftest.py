"""Two declared kinds, one fixed and one general, and a journal with its first day open."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import numpy as np
import pytest

from tallystick.core.events import Command, Fixed, event, event_of, verdict_dtype
from tallystick.core.journal import Journal, Row, encode_payload
from tallystick.core.schema import FixedText12, Int64, Price, Quantity, Text, schema_of
from tallystick.core.settings import JournalSettings


@event("test_journal.fill")
class Fill(Fixed, frozen=True, kw_only=True):
    """A fixed record of 52 bytes."""

    fill_id: Int64
    order_id: Int64 = 0
    price: Price = 0
    quantity: Quantity = 0
    symbol: FixedText12 = "2330.XTAI"


@event("test_journal.note")
class Note(Command, frozen=True, kw_only=True):
    """A general record."""

    text: Text
    values: dict[str, int] = {}


def fill_row(count=3, start=0, actor="gateway"):
    """A row of fills numbered from `start`; the verdict of each second one refuses."""
    records = np.zeros(count, schema_of(Fill).dtype)
    records["fill_id"] = np.arange(start, start + count)
    records["symbol"] = b"2330.XTAI"
    verdicts = np.zeros(count, verdict_dtype())
    verdicts["mask"][1::2] = 1
    return Row(
        1_000 + start, actor, "test_journal.fill", 1, count, encode_payload(event_of(Fill), records, verdicts)
    )


def note_row(*texts, actor="ana"):
    """A row of notes."""
    verdicts = np.zeros(len(texts), verdict_dtype())
    notes = [Note(text=text) for text in texts]
    return Row(
        2_000, actor, "test_journal.note", 1, len(texts), encode_payload(event_of(Note), notes, verdicts)
    )


@pytest.fixture(scope="session")
def house():
    """The kinds, the rows of them, days in order."""
    first = datetime.date(2026, 11, 19)
    days = [first + datetime.timedelta(number) for number in range(10)]
    return SimpleNamespace(Fill=Fill, Note=Note, fill_row=fill_row, note_row=note_row, days=days)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def settings():
    """Small, so that opening is quick and the WAL starts anew often."""
    return JournalSettings(wal_presize_bytes=65_536, checkpoint_bytes=1_048_576)


@pytest.fixture
def journal(folder, settings, house):
    journal = Journal.open(folder, settings=settings)
    journal.roll(house.days[0])
    yield journal
    journal.close()
