"""The founding document, line by line, with the commands and pages that answer it."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

import msgspec

__all__ = ["FoundingLine", "founding_lines"]


class FoundingLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the founding document: what it asks, how far it is answered, by which operations and pages."""

    key: str
    part: str
    asks: str
    status: str
    commands: list[str] = []
    pages: list[str] = []
    missing: str = ""


@functools.cache
def founding_lines() -> list[FoundingLine]:
    """All lines in the document's order, from the package's data."""
    text = (resources.files("tallystick.governance") / "data" / "founding.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["line"], list[FoundingLine])
