"""What pages need to know of an operation's request before they call it."""

from __future__ import annotations

import msgspec

from tallystick.core.operations import find_operation

__all__ = ["field_names"]


def field_names(operation: str) -> set[str]:
    """The fields of an operation's request; NotFound when there is no such operation."""
    return {field.name for field in msgspec.structs.fields(find_operation(operation).request)}
