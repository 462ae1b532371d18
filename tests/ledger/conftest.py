"""Makes the plain market, the firm and the reference beside the tests importable under any import mode."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

settings.register_profile("no time is asserted", deadline=None)
settings.load_profile("no time is asserted")
sys.path.insert(0, str(Path(__file__).parent))
