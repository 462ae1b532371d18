"""A door that is the first thing a process asks knows every dataset and class of record that the others know."""

from __future__ import annotations

import subprocess
import sys

FIRST_ASKED = """
import sys
from tallystick.firm import Firm
from tallystick.history.keeping.hold_operations import require_classes
with Firm.open(sys.argv[1], user="maker") as firm:
    require_classes(["orders", "cash"])
    print(firm.history.archives(dataset="ledger.cash").total_rows, "lake" in vars(firm.house))
"""


def test_business_classes_are_known_before_any_door_opened_the_lake(firm):
    run = subprocess.run(
        [sys.executable, "-c", FIRST_ASKED, str(firm.path)], capture_output=True, text=True, timeout=120
    )
    assert run.stdout.split() == ["0", "False"], run.stderr
