"""Texts for people: the English sentence is the key, catalogs give 繁體中文.

Each room carries its own catalog, `<room>/locale/<language>.po`; they are read once and merged.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from tallystick.core.errors import Rejection, TallystickError, fill

__all__ = ["LANGUAGES", "catalog", "render", "translate"]

LANGUAGES = {"en": "English", "zh_Hant": "繁體中文"}


@functools.cache
def catalog(language: str) -> dict[str, str]:
    """All translations of one language, from every room's catalog; English has none. Unknown language: KeyError."""
    if language == "en":
        return {}
    LANGUAGES[language]
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    rooms = sorted(resources.files("tallystick").iterdir(), key=lambda room: room.name)
    for room in rooms:
        path = room / "locale" / f"{language}.po"
        if path.is_file():
            with path.open("rb") as file:
                messages = read_po(file, abort_invalid=True)
            found.update({str(m.id): str(m.string) for m in messages if m.id and m.string})
    return found


def translate(sentence: str, language: str = "en", /, **values: Any) -> str:
    """The sentence in a language (English when the catalog lacks it), its `{name}` places filled.

    >>> translate("Unknown setting {key}.", "en", key="jornal")
    'Unknown setting jornal.'
    """
    text = catalog(language).get(sentence, sentence)
    return text.format(**values) if values else text


def render(failure: Rejection | TallystickError, language: str = "en") -> tuple[str, str]:
    """What happened and what to do, in a language, from a rejection or an operator's fault."""
    return (
        fill(translate(failure.text, language), failure.values),
        fill(translate(failure.remedy, language), failure.values),
    )
