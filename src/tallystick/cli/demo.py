"""`tally demo`: a made-up firm with a year of history and one full trading day, made once, then served."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.cli.show import language
from tallystick.core.errors import TallystickError
from tallystick.core.progress import Progress
from tallystick.core.text import translate

if TYPE_CHECKING:
    from tallystick.firm import Firm
    from tallystick.simulation import DemoPlan

__all__ = ["DEMO_USER", "make_demo", "tell_entry", "tell_made"]

DEMO_USER = "demo"
READY = "demo-is-ready"
"""A file in the firm's folder that tells that the making was finished."""


def make_demo(
    folder: Path, *, clients: int, instruments: int, seed: int, date: datetime.date, progress: Progress
) -> None:
    """Make the demo firm unless it is there already; go on with one whose making was stopped.

    Errors: TallystickError when the folder holds another firm, or one begun with another plan.
    """
    from tallystick.core.access import Actor, GrantRole
    from tallystick.core.context import Context
    from tallystick.simulation import DemoPlan, build, run_day, show_keeping

    if (folder / READY).exists():
        return
    plan = DemoPlan(clients=clients, instruments=instruments, seed=seed, date=date)
    with _begun(folder, plan) as firm:
        if DEMO_USER not in firm.house.machine("access").state.grants:
            command = GrantRole(command_id="demo-administrator", user=DEMO_USER, role="administrator")
            firm.context().send(command)
        context = firm.context(progress=progress)
        day = context.machine("day").state
        if day.business_date == plan.first_day and day.is_open:
            build(context, plan)
            day = context.machine("day").state
        if day.business_date != date or day.is_open:
            run_day(context, date)
        show_keeping(context, Context(firm.house, Actor(DEMO_USER)), date)
    (folder / READY).touch()


def _begun(folder: Path, plan: DemoPlan) -> Firm:
    """The firm to build in: a new one, or the one that an earlier making of the same plan has left."""
    from tallystick.core.settings import FirmSettings, Settings
    from tallystick.firm import Firm
    from tallystick.simulation import load_plan

    settings = Settings(firm=FirmSettings(name="Made-up Securities", clock="commands", seed=plan.seed))
    if not (folder / "firm.toml").exists():
        return Firm.create(folder, first_day=plan.first_day, settings=settings)
    firm = Firm.open(folder)
    planned = (folder / "simulation" / "plan.json").exists()
    if firm.settings.firm != settings.firm or (planned and load_plan(folder) != plan):
        firm.close()
        raise TallystickError(
            "demo.other_firm",
            "{folder} holds another firm, or a demo that was begun with other options.",
            "Give the options it was begun with, or name another folder: `tally demo OTHER`.",
            folder=str(folder),
        )
    if not firm.is_founded:
        firm.close()
        return Firm.create(folder, first_day=plan.first_day, settings=settings)
    return firm


def tell_made(folder: Path) -> None:
    """Print that the demo firm stands, and how to go on."""
    told = translate(
        "The demo firm is in {folder}. `tally demo {folder}` serves its console; `--firm {folder}` asks it at the "
        "command line.",
        language(),
        folder=str(folder),
    )
    sys.stdout.write(told + "\n")


def tell_entry(folder: Path, host: str, port: int) -> None:
    """Print the address that opens the console as the demo user; its token opens the door once, within ten minutes."""
    from tallystick.core.access import Actor
    from tallystick.firm import Firm

    with Firm.open(folder) as firm:
        token = firm.house.access.entry(Actor(DEMO_USER))
    words = translate("Open this address (it signs you in as the demo user):", language())
    sys.stdout.write(f"{words}\n  http://{host}:{port}/enter?token={token}\n")
    sys.stdout.flush()
