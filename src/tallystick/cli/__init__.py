"""`tally`: the command line. Every operation of every room is a command; a few verbs stand at the top.

Exit status: 0 done, 1 rejected by a rule (with reasons), 2 the operator's fault (with what to do), 130 stopped.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run `tally` with the given arguments (the process's own when None) and exit with its status."""
    from tallystick.cli.commands import make_app
    from tallystick.cli.refusals import run_app
    from tallystick.cli.show import exit_status

    words = sys.argv[1:] if arguments is None else arguments
    sys.exit(exit_status(lambda: run_app(make_app(words), words)))
