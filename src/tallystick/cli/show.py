"""How replies and failures look in a terminal, and the exit status they give."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.operations import Table
from tallystick.core.progress import Stopped
from tallystick.core.text import render, translate

__all__ = ["DONE", "FAULT", "REJECTED", "TerminalProgress", "exit_status", "language", "show"]

DONE, REJECTED, FAULT, STOPPED = 0, 1, 2, 130


def language() -> str:
    """The language of the terminal's locale: 繁體中文 for Taiwan, Hong Kong and Macau, else English."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh_Hant" if locale.startswith(("zh_TW", "zh_HK", "zh_MO")) else "en"


def exit_status(work: Callable[[], Any]) -> int:
    """Do the work; tell failures on standard error; the status to exit with."""
    try:
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


def show(reply: Any, *, as_json: bool) -> int:
    """Print a reply for people or as JSON; the exit status it gives."""
    rejected = isinstance(reply, Rejection) or getattr(reply, "accepted", True) is False
    if as_json:
        plain = reply.rows() if isinstance(reply, Table) else reply
        sys.stdout.write(msgspec.json.encode(plain, enc_hook=str).decode() + "\n")
    elif isinstance(reply, Rejection):
        what, remedy = render(reply, language())
        sys.stdout.write(f"{what}\n" + (f"{remedy}\n" if remedy else ""))
    elif isinstance(reply, Table):
        _show_table(reply)
    elif reply is not None:
        _show_record(msgspec.to_builtins(reply, enc_hook=str))
    return REJECTED if rejected else DONE


def _show_table(reply: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(
        title=translate(reply.title, language()) if reply.title else None, box=None, header_style="bold"
    )
    fields = list(reply.arrow.schema)
    for field in fields:
        grid.add_column(field.name, justify="right" if _is_number(field) else "left", overflow="fold")
    for row in reply.rows():
        grid.add_row(*(_cell(field, row[field.name]) for field in fields))
    console = Console()
    console.print(grid)
    if reply.total_rows > reply.arrow.num_rows:
        console.print(
            translate(
                "{shown} of {total} rows; ask for more with --limit and --offset.",
                language(),
                shown=reply.arrow.num_rows,
                total=reply.total_rows,
            )
        )


def _is_number(field: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_integer(field.type) or kinds.is_floating(field.type))


def _cell(field: Any, value: Any) -> str:
    from tallystick.core.money import format_money

    if value is None:
        return ""
    unit = (field.metadata or {}).get(b"unit", b"")
    if unit.startswith(b"1e-4") and isinstance(value, int):
        return format_money(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and not field.name.endswith(("_at", "id", "code", "seq"))
    ):
        return f"{value:,}"
    return str(value)


def _show_record(reply: Any, indent: int = 0) -> None:
    """Keys and values, one a line; nested records are set in."""
    if not isinstance(reply, dict):
        sys.stdout.write(f"{reply}\n")
        return
    width = max((len(key) for key in reply), default=0)
    for key, value in reply.items():
        pad = " " * indent
        if isinstance(value, list) and value and isinstance(value[0], dict):
            sys.stdout.write(f"{pad}{key}\n")
            for item in value:
                _show_record(item, indent + 2)
                sys.stdout.write("\n")
        elif isinstance(value, dict) and value:
            sys.stdout.write(f"{pad}{key}\n")
            _show_record(value, indent + 2)
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            sys.stdout.write(f"{pad}{key:<{width}}  {shown}\n")


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
