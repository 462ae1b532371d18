"""Tallystick: one program for a securities firm.

It keeps the firm's record on one hash-chained journal, stores its history in one lake of open tables, and
decides on both with deterministic machines. `Firm.open(path)` is the door for Python; `tally` for the shell.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.firm import Firm

__all__ = ["CACHE_FOLDER", "Firm", "__version__"]

__version__ = "0.1.0"

CACHE_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tallystick"
"""Where derived things are kept that can always be made again: compiled kernels, merged catalogs."""


def __getattr__(name: str) -> Any:
    """Import `Firm` on first use, so that `import tallystick` stays light."""
    if name == "Firm":
        from tallystick.firm import Firm

        return Firm
    raise AttributeError(name)


def _place_kernel_cache() -> None:
    """Give compiled kernels a cache folder named by the hash of all kernel sources.

    Numba's own cache looks at the file of a function, not at those of its callees: after a change in a callee it
    would keep running the old one.
    """
    whole = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("kernels.py")):
        whole.update(path.read_bytes())
    os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE_FOLDER / f"kernels-{whole.hexdigest()[:16]}"))
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]


_place_kernel_cache()
