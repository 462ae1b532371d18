"""What a room may import of another, and what may not be imported at once. The storeys are import-linter's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from house.source import Module

# These wire the rooms together or hand them on, so they see inside them.
WIRING = {"firm", "cli", "__init__", "__main__"}

# Kernels that must be the same code in two places: room that imports → module of the other room.
SHARED_KERNELS = {("quant", "tallystick.risk.gate.kernels")}

# Imports of these take long enough to be felt at `tally --help`.
HEAVY = {"polars", "duckdb", "pyarrow", "numba"}
LIGHT_MODULES = {"operations.py", "events.py", "cli.py"}


def doors(module: Module) -> Iterator[str]:
    """A room imports of another only its public names or its events (also a topic's); of core, any module."""
    if module.room in WIRING:
        return
    for line, target in _tallystick_imports(module):
        parts = target.split(".")
        room = parts[1] if len(parts) > 1 else ""
        if room in ("", "core", module.room) or (module.room, target) in SHARED_KERNELS:
            continue
        if len(parts) > 2 and parts[-1] != "events":
            yield f"{module.path}:{line}: imports {target}; only tallystick.{room} or its events are open"


def heavy(module: Module) -> Iterator[str]:
    """`operations.py`, `events.py` and the command line import heavy packages only where they use them."""
    if module.path.rpartition("/")[2] not in LIGHT_MODULES:
        return
    for node in _top_level(module.tree.body):
        for name in _imported(node):
            if name.partition(".")[0] in HEAVY:
                yield f"{module.path}:{node.lineno}: imports {name} at module level"


def _tallystick_imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted module of each import of our own package, wherever it stands in the file."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                if name.partition(".")[0] == "tallystick":
                    yield node.lineno, name


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        # `from tallystick import risk` is an import of the room; `from tallystick.risk import check` names its door.
        if node.module == "tallystick":
            return [f"tallystick.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run on import: those inside `if` and `try` too, but not below `if TYPE_CHECKING`."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _top_level(node.orelse)
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _top_level(node.body)
        elif isinstance(node, ast.Try):
            yield from _top_level([*node.body, *node.orelse, *node.finalbody])


RULES = (doors, heavy)
