"""A firm's stand-in for driving the pages: real access, work, approvals, market and history rooms in memory; made-up
tables for the rooms behind them. Run it to look at the console: `python tests/console/stand_in 8321`, sign in as ann.

Every name, number and price is made up; the same seed gives the same firm.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from firm import Firm

from tallystick.console import create_pages, serve
from tallystick.core import access_operations
from tallystick.core.settings import Settings
from tallystick.firm import OPERATION_MODULES
from tallystick.gateway import create_api
from tallystick.governance import operations as governance_operations
from tallystick.market import operations as market_operations

REAL_ROOMS = (access_operations, market_operations, governance_operations)
"""Importing them declares their operations; those of the history room too."""
MADE_UP_ROOMS = ("orders", "ledger", "journal", "day")
"""Declare the operations of the other rooms over the made-up book, in the place of the real ones."""

for name in (*(name for name in OPERATION_MODULES if ".history." in name), *MADE_UP_ROOMS):
    importlib.import_module(name)

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8321
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Settings(), Path(folder))
        serve(
            create_api(firm, pages=create_pages(firm)),
            "127.0.0.1",
            port,
            started=lambda: print("ready", flush=True),
        )
