"""The package's modules as parsed source: what every rule reads."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tallystick"

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One Python file: its path below the package (`core/journal.py`) and its text."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, self.path)

    @property
    def room(self) -> str:
        """The room, or the single module beside the rooms (`firm`, `cli`)."""
        return self.path.partition("/")[0].removesuffix(".py")

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the last part of the called name: `operation` of `operations.operation(...)`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Attribute):
                    yield called.attr, node
                elif isinstance(called, ast.Name):
                    yield called.id, node


def modules() -> list[Module]:
    """Every module of the package, in order of path."""
    return [
        Module(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def decorator_names(node: Definition) -> set[str]:
    """The last parts of a definition's decorators: `setter` of `@price.setter`, `event` of `@event("...")`."""
    names = set()
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return names


def declared(module: Module, decorator: str) -> Iterator[tuple[str, ast.Call, Definition]]:
    """Each name declared by `@event("...")` or `@operation("...")`, with the decorator's call and what it decorates."""
    for node in ast.walk(module.tree):
        if isinstance(node, Definition):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == decorator and call.args:
                    name = call.args[0]
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        yield name.value, call, node
