"""Sizes, names, docstrings, types, and what code may not do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TypeGuard

from house.source import AnyFunction, Definition, Module, decorator_names

MODULE_LINES = 500
FUNCTION_LINES = 70
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "shared"}


def size(module: Module) -> Iterator[str]:
    """A module has at most 500 lines, a function at most 70; its docstring does not count."""
    lines = module.text.count("\n")
    if lines > MODULE_LINES:
        yield f"{module.path}: {lines} lines, more than {MODULE_LINES}"
    for node in ast.walk(module.tree):
        if isinstance(node, AnyFunction) and (length := _length(node)) > FUNCTION_LINES:
            yield f"{module.path}:{node.lineno} {node.name}: {length} lines, more than {FUNCTION_LINES}"


def names(module: Module) -> Iterator[str]:
    """A module or package is named by a noun of the field, never `utils` or its cousins."""
    for part in PurePosixPath(module.path).with_suffix("").parts:
        if part in BANNED_NAMES:
            yield f"{module.path}: no module is named {part}; name what it holds"


def docstrings(module: Module) -> Iterator[str]:
    """Every public function, class and method says what it gives."""
    for name, node in _public(module):
        if not ast.get_docstring(node):
            yield f"{module.path}:{node.lineno} {name}: no docstring"


def types(module: Module) -> Iterator[str]:
    """Every public function and method names the type of each argument and of what it returns."""
    for name, node in _public(module):
        if isinstance(node, AnyFunction):
            untyped = [argument.arg for argument in _arguments(node) if argument.annotation is None]
            if node.returns is None:
                untyped.append("return")
            if untyped:
                yield f"{module.path}:{node.lineno} {name}: no type for {', '.join(untyped)}"


def exceptions(module: Module) -> Iterator[str]:
    """Whoever catches everything raises again: no swallowed exception, no log-and-go-on."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises(node):
            yield f"{module.path}:{node.lineno}: catches everything and does not raise"


def prints(module: Module) -> Iterator[str]:
    """Only the command line prints."""
    if module.room == "cli":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{module.path}:{node.lineno}: print() outside cli"


def _length(node: AnyFunction) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or node.lineno) - first.lineno + 1


def _public(module: Module) -> Iterator[tuple[str, Definition]]:
    """Public functions and classes of a module, and public methods of public classes, with their names."""
    for node in module.tree.body:
        if _is_public(node):
            yield node.name, node
            methods = node.body if isinstance(node, ast.ClassDef) else []
            for method in methods:
                if isinstance(method, AnyFunction) and _is_public(method):
                    yield f"{node.name}.{method.name}", method


def _is_public(node: ast.stmt) -> TypeGuard[Definition]:
    """True for what a reader of the docs sees once: overloads and setters repeat a name documented elsewhere."""
    if not isinstance(node, Definition) or node.name.startswith("_"):
        return False
    return not decorator_names(node) & {"overload", "setter"}


def _arguments(node: AnyFunction) -> list[ast.arg]:
    arguments = node.args
    all_of_them = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    all_of_them += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [argument for argument in all_of_them if argument.arg not in ("self", "cls")]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds)


def _raises(handler: ast.ExceptHandler) -> bool:
    """True if the handler itself raises; a `raise` inside a function defined there does not count."""
    waiting: list[ast.AST] = list(handler.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise):
            return True
        if not isinstance(node, AnyFunction | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return False


RULES = (size, names, docstrings, types, exceptions, prints)
