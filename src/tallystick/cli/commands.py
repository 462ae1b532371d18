"""The verbs at the top of `tally`: make, run, serve, check and explain a firm."""

from __future__ import annotations

import datetime
import inspect
import sys
from pathlib import Path
from typing import Annotated, TypeVar

import cyclopts

from tallystick.cli.rooms import (
    DEFAULT_FOLDER,
    FirmFolder,
    FirmOption,
    add_rooms,
    run_operation,
)
from tallystick.cli.show import TerminalProgress, language, show
from tallystick.core.text import translate

__all__ = ["make_app"]

Value = TypeVar("Value")
Json = Annotated[bool, cyclopts.Parameter(negative="", help="Print the reply as JSON.")]
FromSettings = Annotated[
    Value, cyclopts.Parameter(help="What firm.toml says unless given.", show_default=False)
]
TOP_VERBS = (
    "init", "demo", "run", "serve", "verify", "replay", "why", "onboard", "repair", "sign-in", "writer", "--version",
)  # fmt: skip


def make_app(words: list[str]) -> cyclopts.App:
    """The command line; the rooms' commands are built only when the words ask for one of them."""
    from tallystick import __version__

    app = cyclopts.App(
        name="tally",
        version=__version__,
        help=translate("One program that runs a securities firm.", language()),
        help_format="plaintext",
        result_action="return_value",
        group_commands=cyclopts.Group(translate("Commands", language())),
        group_parameters=cyclopts.Group(translate("Parameters", language())),
    )
    app["--help"].help = translate("Show this help and exit.", language())
    app["--version"].help = translate("Show the version and exit.", language())
    for verb in (init, demo, run, serve, verify, replay, why, onboard, repair, sign_in, writer):
        app.command(verb, help=translate(inspect.getdoc(verb) or "", language()))
    first = next((word for word in words if not word.startswith("-")), None)
    if first not in TOP_VERBS:
        add_rooms(app, first)
    return app


def init(folder: Path, *, name: str = "Made-up Securities", first_day: datetime.date | None = None) -> int:
    """Make an empty firm: settings, an open journal, the seeded rules and roles."""
    from tallystick.core.settings import FirmSettings, Settings
    from tallystick.firm import Firm

    settings = Settings(firm=FirmSettings(name=name))
    with Firm.create(folder, first_day=first_day, settings=settings) as firm:
        return show(firm.call("journal.head"), as_json=False, zone=firm.settings.firm.zone)


def demo(
    folder: FirmFolder = DEFAULT_FOLDER,
    *,
    clients: int = 5_000,
    instruments: int = 200,
    seed: int = 7,
    date: datetime.date = datetime.date(2026, 11, 20),
    serve: bool = True,
    host: str = "127.0.0.1",
    port: int = 8321,
) -> int:
    """Build a made-up firm with a year of history, run one full trading day, and serve the console."""
    from tallystick.cli.demo import make_demo, tell_entry, tell_made

    make_demo(
        folder, clients=clients, instruments=instruments, seed=seed, date=date, progress=TerminalProgress()
    )
    if not serve:
        tell_made(folder)
        return 0
    tell_entry(folder, host, port)
    return _serve(folder, host, port)


def run(folder: FirmFolder = DEFAULT_FOLDER, *, date: datetime.date, json: Json = False) -> int:
    """Run one trading day of a simulated firm, from the open to the close and the clearing files."""
    return run_operation(folder, "simulation.run", {"date": date}, as_json=json)


def serve(
    folder: FirmFolder = DEFAULT_FOLDER, *, host: FromSettings[str] = "", port: FromSettings[int] = 0
) -> int:
    """Serve the console and the API of a firm."""
    return _serve(folder, host, port)


def verify(folder: FirmFolder = DEFAULT_FOLDER, *, json: Json = False) -> int:
    """Check the journal's hash chain and decide everything again; the lake: tally history verify-sealed."""
    status = run_operation(folder, "journal.verify", {}, as_json=json)
    if not json:
        told = translate(
            "This was the journal. The lake is compared with it by `tally history verify-sealed` and "
            "`tally history verify-archive`.",
            language(),
        )
        sys.stdout.write(f"\n{told}\n")
    return status


def replay(
    folder: FirmFolder = DEFAULT_FOLDER,
    *,
    date: datetime.date | None = None,
    batch_size: int | None = None,
    json: Json = False,
) -> int:
    """Decide one day again, in batches of any size, and compare to the byte."""
    return run_operation(folder, "journal.replay", {"date": date, "batch_size": batch_size}, as_json=json)


def why(folder: Path, id: str = "", *, firm: FirmOption = DEFAULT_FOLDER, json: Json = False) -> int:
    """Why an order, execution or other command was decided so."""
    folder, id = (folder, id) if id else (firm, str(folder))
    return run_operation(folder, "journal.why", {"id": id}, as_json=json)


def onboard(
    files: Path,
    *,
    at: datetime.date,
    firm: FirmOption = DEFAULT_FOLDER,
    parallel_days: int = 5,
    json: Json = False,
) -> int:
    """Take a firm over from its old systems' files, as of a date, and prove it to the outside books."""
    fields = {"folder": str(files), "at": at, "parallel_days": parallel_days}
    return run_operation(firm, "governance.onboard", fields, as_json=json)


def repair(
    folder: FirmFolder = DEFAULT_FOLDER,
    *,
    day: datetime.date,
    backup: Path,
    accept_loss: bool = False,
    json: Json = False,
) -> int:
    """Put a sound backup in the place of a damaged day of the journal; the damaged file is kept beside it."""
    from tallystick.core.journal import restore_day

    kept = restore_day(folder / "journal", day, backup, accept_loss=accept_loss)
    return show({"day": str(day), "damaged_file": str(kept or "")}, as_json=json)


def sign_in(folder: Path, user: str = "", *, firm: FirmOption = DEFAULT_FOLDER) -> int:
    """Sign in as a user with a password; prints a token for the variable TALLYSTICK_TOKEN, good for twelve hours."""
    import getpass

    from tallystick.core.errors import Forbidden
    from tallystick.firm import Firm

    folder, user = (folder, user) if user else (firm, str(folder))
    with Firm.open(folder) as opened:
        actor = opened.house.access.authenticate(user, getpass.getpass())
        if actor is None:
            raise Forbidden("access.wrong_password", "Name or password is wrong.", "Try again.")
        sys.stdout.write(opened.house.access.session(actor) + "\n")
    return 0


def writer(
    folder: FirmFolder = DEFAULT_FOLDER, *, linger: float | None = None, ready_fd: int | None = None
) -> int:
    """Run the firm's writer in the foreground (other commands start one by themselves when none is running)."""
    from tallystick.firm import run_writer

    run_writer(folder, linger_seconds=linger, ready_fd=ready_fd)
    return 0


def _serve(folder: Path, host: str = "", port: int = 0) -> int:
    """Serve until stopped; a second opening of the firm keeps long work from holding up the pages."""
    from tallystick.console import create_pages, serve
    from tallystick.firm import Firm
    from tallystick.gateway.http import create_api

    with Firm.open(folder) as firm, Firm.open(folder) as aside:
        chosen = firm.settings.console
        app = create_api(firm.house, aside=aside.house, pages=create_pages(firm.house))
        address = f"http://{host or chosen.host}:{port or chosen.port}"

        def started() -> None:
            sys.stdout.write(translate("The console is at {address}", language(), address=address) + "\n")
            sys.stdout.flush()

        serve(app, host or chosen.host, port or chosen.port, started=started)
    return 0
