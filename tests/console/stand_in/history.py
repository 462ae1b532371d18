"""What the history room holds besides prices: a file with faults, corporate actions, a hold with a proposal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from made_up_book import DAY

from tallystick.core.access import Actor
from tallystick.core.approvals import proposal_for
from tallystick.core.context import Context
from tallystick.history.events import PlaceHold, ReleaseHold
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.load import load_files

if TYPE_CHECKING:
    from firm import Firm

__all__ = ["fill_history"]

FAULTY = """symbol,date,open,high,low,close,volume
7701.XTAI,2026-11-18,21,20,21.5,21,1000
7701.XTAI,2026-11-19,21,22,20.5,21,1000
7701.XTAI,2026-11-20,21,22,20.5,21,-5
7702.XTAI,2026-11-20,n.a.,22,20.5,21,1000
7702.XTAI,2026-11-16,21,22,20.5,21,1000
7702.XTAI,2026-11-19,21,22,20.5,21,1000
"""


def fill_history(firm: Firm, folder: Path) -> None:
    """Load the files as the administrator, and place the hold."""
    context = Context(firm, Actor("ann"))
    faulty = folder / "made-up.csv"
    faulty.write_text(FAULTY, encoding="utf-8")
    load_files(context, "history.bars_daily", [str(faulty)], ColumnMapping())
    actions = [{"symbol": firm.book.symbols[0], "ex_date": f"{DAY.year}-06-24", "kind": "cash", "cash": 2.5}]
    load_files(context, "history.actions", [actions], ColumnMapping())
    firm.send(
        PlaceHold(hold="CASE-1", kind="legal", datasets=["history.bars_daily"], reason="A made-up order"),
        "ann",
    )
    release = ReleaseHold(hold="CASE-1", reason="The case is closed")
    firm.send(proposal_for(release, "p2", "Release the hold CASE-1", "The case is closed"), actor="ben")
    firm.moved = 0
