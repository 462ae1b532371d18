"""`tally demo`: a made-up firm with a year of history and one full trading day, made once, then served."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

from tallystick.cli.show import language
from tallystick.core.errors import TallystickError
from tallystick.core.progress import Progress
from tallystick.core.text import translate

__all__ = ["DEMO_USER", "make_demo", "tell_entry"]

DEMO_USER = "demo"
READY = "demo-is-ready"
"""A file in the firm's folder that tells that the making was finished."""


def make_demo(
    folder: Path, *, clients: int, instruments: int, seed: int, date: datetime.date, progress: Progress
) -> None:
    """Make the demo firm unless it is there already; an unfinished one is refused with what to do."""
    from tallystick.core.settings import FirmSettings, Settings
    from tallystick.firm import Firm
    from tallystick.simulation import DemoPlan, build, run_day

    if (folder / READY).exists():
        return
    if (folder / "firm.toml").exists():
        raise TallystickError(
            "demo.unfinished",
            "{folder} holds a firm that is no finished demo.",
            "Remove the folder, or name another: `tally demo OTHER`.",
            folder=str(folder),
        )
    plan = DemoPlan(clients=clients, instruments=instruments, seed=seed, date=date)
    settings = Settings(firm=FirmSettings(name="Made-up Securities", clock="commands", seed=seed))
    with Firm.create(folder, first_day=plan.first_day, settings=settings) as firm:
        firm.access.grant(user=DEMO_USER, role="administrator")
        context = firm.context(progress=progress)
        build(context, plan)
        run_day(context, date)
    (folder / READY).touch()


def tell_entry(folder: Path, host: str, port: int) -> None:
    """Print the address that opens the console as the demo user; the token in it serves for twelve hours."""
    from tallystick.core.access import Actor
    from tallystick.firm import Firm

    with Firm.open(folder) as firm:
        token = firm.access.session(Actor(DEMO_USER))
    words = translate("Open this address (it signs you in as the demo user):", language())
    sys.stdout.write(f"{words}\n  http://{host}:{port}/enter?token={token}\n")
    sys.stdout.flush()
