"""The doors for Python: what `help`, `dir` and an editor see of an operation."""

from __future__ import annotations

import inspect
import pydoc

from tallystick.core.operations import OPERATIONS, Table
from tallystick.firm import Firm


def test_an_operation_has_a_signature_and_help(firm: Firm) -> None:
    signature = inspect.signature(firm.history.bars)
    assert list(signature.parameters)[:4] == ["instruments", "start", "end", "freq"]
    assert signature.parameters["freq"].default == "1d"
    assert signature.return_annotation is Table
    told = pydoc.plain(pydoc.render_doc(firm.history.bars))
    for part in ("bars(instruments: list[str] = []", "Bars of instruments, as traded", "the bar that stays"):
        assert part in " ".join(told.split())


def test_every_operation_is_listed_and_can_be_looked_at(firm: Firm) -> None:
    for operation in OPERATIONS.values():
        assert operation.room in dir(firm)
        room = getattr(firm, operation.room)
        assert operation.verb in dir(room)
        function = getattr(room, operation.verb)
        assert operation.summary in str(function.__doc__)
        assert set(inspect.signature(function).parameters) == set(operation.request.__struct_fields__)
