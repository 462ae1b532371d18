"""Operations as Python functions: what `firm.<room>` gives.

Each has a signature, a summary and its fields' meanings, so that `help` and an editor read it as any function.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import fill, suggestion
from tallystick.core.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tallystick.core.operations import Operation

__all__ = ["Room", "named_fields", "suggested"]


class Room:
    """A room's operations as Python functions: `firm.history.bars(["2330.XTAI"], start="2026-11-02")`.

    `calls` does the calling: an operation's name, and the fields of its request in order or by name.
    """

    def __init__(self, name: str, calls: Callable[..., Any]) -> None:
        self._name = name
        self._calls = calls

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        name = f"{self._name}.{verb}"
        if name not in OPERATIONS:
            verbs = [operation.verb for operation in OPERATIONS.values() if operation.room == self._name]
            raise AttributeError(f"{self._name} has no operation {verb}. {suggested(verb, verbs)}")
        return _as_function(OPERATIONS[name], self._calls)

    def __dir__(self) -> list[str]:
        return sorted(operation.verb for operation in OPERATIONS.values() if operation.room == self._name)


def named_fields(found: Operation, values: Sequence[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request from those given in order and those given by name."""
    import msgspec

    declared = {field.name: field.type for field in msgspec.structs.fields(found.request)}
    named = dict(zip(declared, values, strict=False))
    twice = next((name for name in named if name in fields), None)
    if len(values) > len(declared) or twice is not None:
        raise TypeError(f"{found.name} takes {', '.join(declared)}; {twice or 'more'} is given too often")
    return {
        name: str(value) if isinstance(value, datetime.date) and declared.get(name) is str else value
        for name, value in (named | dict(fields)).items()
    }


def suggested(word: str, valid: Iterable[str]) -> str:
    """What to do about a word that is none of those that are valid."""
    remedy, values = suggestion(word, valid)
    return fill(remedy, values)


def _as_function(found: Operation, calls: Callable[..., Any]) -> Callable[..., Any]:
    """An operation as a function that `help` and an editor can read: signature, summary and what the fields mean."""
    import inspect

    from tallystick.core.requested import signature_of

    def function(*values: Any, **fields: Any) -> Any:
        return calls(found.name, *values, **fields)

    function.__name__, function.__qualname__ = found.verb, found.name
    function.__module__ = found.function.__module__
    function.__signature__ = signature_of(found)  # type: ignore[attr-defined]
    told = (found.summary, inspect.getdoc(found.request), inspect.getdoc(found.function))
    function.__doc__ = "\n\n".join(text for text in told if text)
    return function
