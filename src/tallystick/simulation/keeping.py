"""What a visitor finds of keeping in the demo firm: rows in quarantine, an archived year, a hold, a quota.

All of it is done by the doors and commands that the firm's own people have, with the hours of the demo day. It comes
after the day, so that a plan's day is the same with or without it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tallystick.core.approvals import ApproveProposal, proposal_for
from tallystick.core.operations import call
from tallystick.history.events import PlaceHold, SetQuota

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = ["show_keeping"]

Row = dict[str, Any]
"""A row of the vendor's file by its columns."""

DAILY = "history.bars_daily"
COLUMNS = ("symbol", "date", "open", "high", "low", "close", "volume")
PRICES = COLUMNS[2:6]
VENDOR_FILE = "made-up-vendor.csv"
CONTACTS_FILE = "made-up-contacts.csv"
CONTACTS = """contact,client,channel,kind,ts,satisfaction
MADE-UP-1,MADE-UP-CLIENT-1,phone,question,{date} 10:05:00,9
MADE-UP-2,MADE-UP-CLIENT-2,app,grumble,{date} 11:20:00,4
"""
FIRST_ROWS = 9
ARCHIVED_BEFORE = datetime.date(1991, 1, 1)
"""The first year of the real shares is older than any view of the console asks for."""

PROPOSAL = "made-up-01"
ROWS_PER_DAY = 2_000_000
BYTES_PER_DAY = 250_000_000
"""What so many rows of bars take: the limit of answers that put much into a row."""


def show_keeping(context: Context, second: Context, date: datetime.date) -> None:
    """Do on a day that was run what keepers do; `second` is who approves. A second time changes nothing."""
    texts = {
        VENDOR_FILE: (DAILY, _vendor_text(context, date)),
        CONTACTS_FILE: ("history.client_contacts", CONTACTS.format(date=date)),
    }
    for name, (dataset, text) in texts.items():
        path = context.path / "simulation" / name
        path.write_text(text)
        load = {"files": [str(path)], "dataset": dataset, "known_at": f"{date} 17:30:00"}
        call(context, "history.load", load)
    call(context, "history.archive", {"dataset": DAILY, "before": ARCHIVED_BEFORE})
    context.send(
        PlaceHold(
            command_id="made-up hold",
            hold="made-up-case-1",
            kind="dispute",
            datasets=[DAILY, "ledger.*", "risk.orders"],
            first=date,
            last=date,
            reason="Made up: a client disputes the orders of this day.",
        )
    )
    _set_quota(context, second)


def _vendor_text(context: Context, date: datetime.date) -> str:
    """A vendor's file of the day: some of its rows say what is known, the others are wrong in one way each."""
    bars = call(context, "history.bars", {"start": date, "end": date, "columns": list(COLUMNS)}).rows()
    rows: list[Row] = []
    for bar in sorted(bars, key=lambda bar: str(bar["symbol"]))[:FIRST_ROWS]:
        rows.append(bar | {name: f"{bar[name] / 10_000:.2f}" for name in PRICES})
    for row, wrong in zip(rows[3:], _wrong(rows[3:]), strict=False):
        row.update(wrong)
    lines = [",".join(COLUMNS), *(",".join(str(row[name]) for name in COLUMNS) for row in rows)]
    return "\n".join(lines) + "\n"


def _wrong(rows: list[Row]) -> list[Row]:
    """What is wrong with each of the rows: turned prices, no date, no number, nothing, below zero, a day to come."""
    changes: tuple[Callable[[Row], Row], ...] = (
        lambda row: {"high": row["low"], "low": row["high"]},
        lambda row: {"date": f"{row['date']:%Y}-02-30"},
        lambda row: {"volume": "n/a lots"},
        lambda _: {"close": ""},
        lambda row: {"volume": -row["volume"]},
        lambda row: {"date": row["date"] + datetime.timedelta(7)},
    )
    return [change(row) for change, row in zip(changes, rows, strict=False)]


def _set_quota(context: Context, second: Context) -> None:
    """A quota for a role, proposed and approved like any; its proposal has a number of its own on every firm."""
    command = SetQuota(
        command_id=f"approved-{PROPOSAL}",
        role="quant",
        rows_per_day=ROWS_PER_DAY,
        bytes_per_day=BYTES_PER_DAY,
        reason="Made up: what a day's research takes.",
        approval=PROPOSAL,
    )
    context.send(proposal_for(command, PROPOSAL, "Set the reading quota of {role}{user}", command.reason))
    second.send(ApproveProposal(command_id="made-up approval", proposal=PROPOSAL))
    second.send(command)
