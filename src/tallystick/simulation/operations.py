"""The doors to the simulation: make a firm by a plan, run its days."""

from __future__ import annotations

import datetime

from tallystick.core.context import Context
from tallystick.core.operations import operation
from tallystick.core.schema import Record
from tallystick.simulation.summaries import BuildSummary, DaySummary

__all__ = ["BuildRequest", "RunRequest"]


class BuildRequest(Record, frozen=True, kw_only=True):
    """What to make: how many clients, branches and instruments, by which seed, for which first day of trading.

    `house_orders` is how many new orders the clients send a day, `oddities` how many of each kind and strength a day's
    files have.
    """

    clients: int = 5_000
    branches: int = 12
    instruments: int = 200
    seed: int = 7
    date: datetime.date = datetime.date(2026, 11, 20)
    house_orders: int = 165_000
    oddities: int = 2


class RunRequest(Record, frozen=True, kw_only=True):
    """The trading day to run: the session after the firm's last."""

    date: datetime.date


@operation(
    "simulation.build",
    permission="simulation.manage",
    summary="Fill a new firm with made-up branches, clients, accounts, holdings and a year of prices.",
    writes=True,
)
def build(context: Context, request: BuildRequest) -> BuildSummary:
    """Make the firm of a plan, in a firm that was just initialised with `clock = "commands"`."""
    import msgspec

    from tallystick.simulation.genesis.build import build as make
    from tallystick.simulation.genesis.plan import DemoPlan

    return make(context, DemoPlan(**msgspec.structs.asdict(request)))


@operation(
    "simulation.run",
    permission="simulation.manage",
    summary="Run one trading day of a made-up firm through gate, exchange, ledger and files.",
    writes=True,
)
def run(context: Context, request: RunRequest) -> DaySummary:
    """Run a day, or go on with one that was stopped. What was put in on purpose is not told here."""
    from tallystick.simulation.day.run import run_day

    return run_day(context, request.date)
