"""Seed the calendars of trading days in `market/data` from the exchange_calendars package.

    python tools/seed_calendars.py

A calendar file lists the days that leave the weekly pattern (Monday to Friday open), and the span it speaks for.
What the package has wrong or lacks stands in `calendar_overrides.csv`, which this tool never touches.
"""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import exchange_calendars

FOLDER = Path(__file__).resolve().parents[1] / "src" / "tallystick" / "market" / "data"
COLUMNS = ("date", "until", "kind", "reason", "status", "source", "source_date")
FIRST = datetime.date(2005, 1, 1)
# The last day that the exchange itself has announced, and the last that the package projects.
ANNOUNCED = {"XTAI": "2026-12-31", "XSHG": "2026-12-31", "XNYS": "2027-12-31"}
PROJECTED = {"XTAI": "2027-12-31"}


def days_of(name: str) -> list[dict[str, str]]:
    """The rows of one calendar file: spans first, then each closed weekday and each open weekend day."""
    announced = datetime.date.fromisoformat(ANNOUNCED[name])
    last = datetime.date.fromisoformat(PROJECTED.get(name, ANNOUNCED[name]))
    calendar = exchange_calendars.get_calendar(name, start=FIRST.isoformat(), end=last.isoformat())
    sessions = {session.date() for session in calendar.sessions}
    regular = calendar.regular_holidays
    named = {} if regular is None else regular.holidays(FIRST, last, return_name=True)
    reasons = {day.date(): reason for day, reason in named.items()}
    source = f"exchange_calendars {exchange_calendars.__version__}"
    rows = [_row(FIRST, "known", "", "secondary", source, until=announced)]
    if last > announced:
        note = "projected: the exchange's own list is not in the seed"
        rows.append(
            _row(announced + datetime.timedelta(days=1), "known", note, "unverified", source, until=last)
        )
    day = FIRST
    while day <= last:
        weekday = day.weekday() < 5
        if weekday != (day in sessions):
            kind, status = "closed" if weekday else "open", "secondary" if day <= announced else "unverified"
            rows.append(
                _row(day, kind, reasons.get(day, "closed" if weekday else "extra session"), status, source)
            )
        day += datetime.timedelta(days=1)
    return rows


def _row(
    day: datetime.date, kind: str, reason: str, status: str, source: str, until: datetime.date | None = None
) -> dict[str, str]:
    return {
        "date": day.isoformat(),
        "until": until.isoformat() if until else "",
        "kind": kind,
        "reason": reason,
        "status": status,
        "source": source,
        "source_date": "",
    }


def write(folder: Path = FOLDER) -> None:
    """Write one file for each calendar."""
    for name in ANNOUNCED:
        with (folder / f"calendar_{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(days_of(name))


if __name__ == "__main__":
    write()
