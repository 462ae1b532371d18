"""Writing a day's files into the firm's inbox, with their oddities, and what the bank carries over to the next day."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tallystick.core.schema import date_number
from tallystick.ledger.events import AccountKind
from tallystick.simulation.arrivals import stream
from tallystick.simulation.files.bank import bank_day
from tallystick.simulation.files.books import DayBooks
from tallystick.simulation.files.depository import depository_files
from tallystick.simulation.files.exchange import exchange_files
from tallystick.simulation.files.finance import finance_files
from tallystick.simulation.files.oddities import Codes, cut, spoil
from tallystick.simulation.files.sheets import Sheet
from tallystick.simulation.files.statements import FILE, spoil_bank
from tallystick.simulation.files.trading import trading_files
from tallystick.simulation.truth import TruthRow
from tallystick.wire import CamtEntry, write_camt053, write_mt940

if TYPE_CHECKING:
    from tallystick.market import MarketMachine

__all__ = ["Carried", "write_files"]

Array = np.ndarray[Any, np.dtype[Any]]


class Carried(msgspec.Struct, frozen=True):
    """The bank's last balance of the clients' money and the entries that it books on the next day."""

    closing: int
    entries: list[CamtEntry]


def write_files(
    folder: Path, books: DayBooks, market: MarketMachine, *, seed: int, each: int
) -> tuple[list[str], list[TruthRow]]:
    """Write the day's files; gives their places under the inbox's date, and the labels of what is wrong with them.

    `each` is the number of oddities of every kind and strength; 0 writes what the books say.
    """
    random = stream(seed, date_number(books.date), "files")
    venues = np.array([instrument.venue for instrument in market.instruments])
    sheets = [
        *trading_files(books),
        *finance_files(books),
        *exchange_files(books, venues),
        *depository_files(books),
    ]
    truth: list[TruthRow] = []
    if each:
        sheets, truth = _spoilt(sheets, books, each, random)
    inbox = folder / "inbox" / str(books.date)
    written = [_put(inbox, sheet.source, sheet.name, sheet.data(books.date)) for sheet in sheets]
    names, labels = _write_bank(folder, inbox, books, market, each, random)
    return [*written, *names], [*truth, *labels]


def _spoilt(
    sheets: list[Sheet], books: DayBooks, each: int, random: np.random.Generator
) -> tuple[list[Sheet], list[TruthRow]]:
    """Oddities in every sheet; one small file is cut."""
    numbers, securities = books.names.numbers.to_pylist(), books.names.securities.to_pylist()
    codes = Codes(
        {text: code for code, text in enumerate(numbers)},
        {text: code for code, text in enumerate(securities)},
    )
    spoilt, truth = [], []
    for sheet in sheets:
        changed, labels = spoil(sheet, each, random, codes)
        if sheet.layout == "exchange.obligations":
            changed, label = cut(changed, random)
            labels = [label]
        spoilt.append(changed)
        truth += labels
    return spoilt, truth


def _write_bank(
    folder: Path, inbox: Path, books: DayBooks, market: MarketMachine, each: int, random: np.random.Generator
) -> tuple[list[str], list[TruthRow]]:
    calendar = market.calendar("XTAI")
    before = calendar.previous_session(books.date)
    earlier = _carried(folder, before)
    if earlier is None:
        clients = books.names.kinds == AccountKind.CLIENT
        earlier = Carried(int(books.cash_before[clients].sum()), [])
    day = bank_day(books, earlier.closing, before, earlier.entries)
    carried: list[CamtEntry] = []
    labels: list[TruthRow] = []
    if each:
        day, carried, labels = spoil_bank(day, each, calendar.next_session(books.date), random)
    path = folder / "simulation" / "carried" / f"{books.date}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(Carried(day.clients.closing, carried)))
    statements = write_camt053([day.clients], message=f"M{books.date:%Y%m%d}")
    names = [
        _put(inbox, "bank", FILE, statements),
        _put(inbox, "bank", "firm.mt940", write_mt940([day.firm])),
    ]
    return names, labels


def _carried(folder: Path, date: datetime.date) -> Carried | None:
    path = folder / "simulation" / "carried" / f"{date}.json"
    return msgspec.json.decode(path.read_bytes(), type=Carried) if path.is_file() else None


def _put(inbox: Path, source: str, name: str, data: bytes) -> str:
    """Write one file whole: aside first, then under its name."""
    place = inbox / source
    place.mkdir(parents=True, exist_ok=True)
    aside = place / f".{name}.part"
    aside.write_bytes(data)
    aside.replace(place / name)
    return f"{source}/{name}"
