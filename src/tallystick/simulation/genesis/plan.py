"""What a made-up firm is made of: one small record, and with its seed everything follows from it.

The plan is kept in the firm's folder as `simulation/plan.json`, so that its days can be run later.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.schema import Record
from tallystick.market import Calendar

__all__ = ["DemoPlan", "load_plan", "save_plan"]

TRADED_LOTS = 1.45
"""Board lots that the whole market trades in a day for each order of the firm's clients, as run days have it: by this
the past's volumes go over into those of the order flow, which draws instruments by the same popularity."""


class DemoPlan(Record, frozen=True, kw_only=True):
    """A firm to make. Equal plans give equal firms.

    `date` is the first day to trade; the books are taken over on the session before it, and the price history
    goes back to `history_from`. `house_orders` is how many new orders the firm's clients send on a day (cancels come on
    top), `oddities` how many of each kind and strength are put into a day's files, 0 for none; `slot_seconds` of market
    time pass between two looks at the books. `accounts_at_once` are made together, so that a million need no more
    memory than that.
    """

    seed: int = 7
    date: datetime.date = datetime.date(2026, 11, 20)
    history_from: datetime.date = datetime.date(2025, 11, 20)
    branches: int = 12
    clients: int = 5_000
    instruments: int = 200
    house_orders: int = 165_000
    oddities: int = 2
    slot_seconds: int = 5
    accounts_at_once: int = 65_536
    real_shares: bool = True

    @property
    def funds(self) -> int:
        """How many of the instruments are exchange-traded funds: a tenth."""
        return self.instruments // 10

    @property
    def stocks(self) -> int:
        """How many of the instruments are shares."""
        return self.instruments - self.funds

    @property
    def lots_a_day(self) -> float:
        """Board lots that the whole market trades on a middling day."""
        return self.house_orders * TRADED_LOTS

    @property
    def first_day(self) -> datetime.date:
        """The first journal day: the session before `date`, by the calendar that ships with the package."""
        return Calendar("XTAI").previous_session(self.date)


def save_plan(folder: Path, plan: DemoPlan) -> None:
    """Keep the plan in the firm's folder."""
    path = folder / "simulation" / "plan.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plan)))


def load_plan(folder: Path) -> DemoPlan:
    """The plan of a firm that `build` made. TallystickError when the firm is no made-up one."""
    path = folder / "simulation" / "plan.json"
    if not path.is_file():
        raise TallystickError(
            "simulation.no_plan",
            "The firm in {folder} was not made by the simulation.",
            "Make one with `tally demo`.",
            folder=str(folder),
        )
    return msgspec.json.decode(path.read_bytes(), type=DemoPlan)
