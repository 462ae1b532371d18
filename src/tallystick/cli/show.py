"""How replies and failures look in a terminal, and the exit status they give."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from tallystick.core.disk import room_for
from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.operations import Table
from tallystick.core.progress import Stopped
from tallystick.core.text import render, translate

__all__ = ["DONE", "FAULT", "REJECTED", "TerminalProgress", "exit_status", "language", "show", "tell_damage"]

DONE, REJECTED, FAULT, STOPPED = 0, 1, 2, 130


def language() -> str:
    """The language of the terminal's locale: 繁體中文 for Taiwan, Hong Kong and Macau, else English."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh_Hant" if locale.startswith(("zh_TW", "zh_HK", "zh_MO")) else "en"


def exit_status(work: Callable[[], Any]) -> int:
    """Do the work; tell failures on standard error; the status to exit with."""
    try:
        with room_for("tally"):
            status = work()
    except TallystickError as error:
        what, remedy = render(error, language())
        sys.stderr.write(f"tally: {what}\n" + (f"       {remedy}\n" if remedy else ""))
        return FAULT
    except (KeyboardInterrupt, Stopped):
        sys.stderr.write(
            "tally: "
            + translate("Stopped. What was finished stays; the same command goes on from there.", language())
            + "\n"
        )
        return STOPPED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    return status if isinstance(status, int) else DONE


def tell_damage(damage: TallystickError) -> None:
    """Say on standard error that the reply rests on a damaged journal, and what to do."""
    what, remedy = render(damage, language())
    shown = translate("Shown is what was proven before it.", language())
    sys.stderr.write(f"tally: {what} {shown}\n       {remedy}\n")


def show(reply: Any, *, as_json: bool, operation: str = "", zone: str = "UTC") -> int:
    """Print a reply for people or as JSON; the exit status it gives.

    A reply that has `as_text` is that text. It is a refusal when it is a Rejection, or when its `passed` (of a check)
    or `accepted` is False.
    """
    from tallystick.cli.printed import Printer
    from tallystick.gateway import encode

    refused = (
        isinstance(reply, Rejection) or getattr(reply, "passed", getattr(reply, "accepted", True)) is False
    )
    printer = Printer(operation, language=language(), zone=zone)
    if as_json:
        sys.stdout.write(encode(reply.rows() if isinstance(reply, Table) else reply).decode() + "\n")
    elif isinstance(reply, Rejection):
        printer.rejection(reply)
    elif (text := getattr(reply, "as_text", None)) is not None:
        sys.stdout.write(text)
    elif isinstance(reply, Table):
        printer.table(reply)
    elif reply is not None:
        printer.record(reply)
    return REJECTED if refused else DONE


class TerminalProgress:
    """Shows progress as a bar on standard error; plain lines when that is no terminal. Ctrl-C stops between steps."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a piece of work with a new bar."""
        self._end()
        if not sys.stderr.isatty():
            sys.stderr.write(f"{what} …\n")
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._bar.start()
        self._task = self._bar.add_task(what, total=total, note="")

    def step(self, units: int = 1, note: str = "") -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(self._task, advance=units, note=note)

    def finish(self, note: str = "") -> None:
        """End the bar, leaving the note."""
        if self._bar is not None:
            self._bar.update(self._task, note=note)
        elif note:
            sys.stderr.write(f"  {note}\n")
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
