"""A small made-up firm for tests: how to make it, and what is compared of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np

from tallystick.core.day import DigestRecorded
from tallystick.core.events import event_of
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.simulation import DemoPlan, build

PLAN = DemoPlan(
    clients=200, instruments=20, branches=4, house_orders=700, slot_seconds=60, oddities=1, real_shares=False,
    accounts_at_once=90,
)  # fmt: skip


def make(folder: Path, plan: DemoPlan = PLAN) -> Firm:
    """A firm of a plan, built and closed on its first day."""
    settings = Settings(firm=FirmSettings(clock="commands", seed=plan.seed))
    firm = Firm.create(folder, first_day=plan.first_day, settings=settings, user="demo")
    build(firm.context(), plan)
    return firm


def leave(firm: Firm) -> None:
    """Close a firm and let its writer end in order, so that the folder can be copied."""
    firm.close()
    words = (firm.path / "journal" / "0.lock").read_text().split()
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(int(words[0]), signal.SIGTERM)
        while Path(f"/proc/{words[0]}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
            time.sleep(0.01)


def digests(firm: Firm) -> dict[str, bytes]:
    """The last digests that the writer journaled, but for who is who in the house (`access` knows the user)."""
    *_, last = firm.context().journal.batches(kinds=["core.digest_recorded"])
    (record,) = last.records
    assert isinstance(record, DigestRecorded)
    return record.digests


def totals(table, column: str, by: str) -> dict[str, int]:
    """Sums of a column of an Arrow table by the values of another."""
    keys, values = table[by].to_pylist(), table[column].to_pylist()
    found: dict[str, int] = {}
    for key, value in zip(keys, values, strict=True):
        found[key] = found.get(key, 0) + value
    return found


def by_instrument(positions, field: str = "posted") -> np.ndarray:
    """Sum of one field of ledger positions by instrument code."""
    sums = np.zeros(int(positions["instrument"].max(initial=-1)) + 1, np.int64)
    np.add.at(sums, positions["instrument"], positions[field])
    return sums


def accepted(firm: Firm, record):
    """Accepted commands of a kind on the demo day; an array, or records of a general kind."""
    journal = firm.house.journal
    if event_of(record).fixed:
        found = journal.columns(record, day=PLAN.date)
        return found.records[found.verdicts["mask"] == 0]
    batches = journal.batches(day=PLAN.date, kinds=[event_of(record).kind])
    return [
        r for b in batches for r, mask in zip(b.records, b.verdicts["mask"].tolist(), strict=True) if not mask
    ]
