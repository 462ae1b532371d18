"""Texts for people: the English sentence is the key, catalogs give 繁體中文.

Each room carries its own catalog, `<room>/locale/<language>.po`; they are read once and merged.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
from importlib import resources
from typing import Any

import msgspec

from tallystick import CACHE_FOLDER
from tallystick.core.errors import Rejection, TallystickError, fill

__all__ = ["LANGUAGES", "catalog", "render", "translate"]

LANGUAGES = {"en": "English", "zh_Hant": "繁體中文"}


@functools.cache
def catalog(language: str) -> dict[str, str]:
    """All translations of one language, from every room's catalog; English has none. Unknown language: KeyError."""
    if language == "en":
        return {}
    LANGUAGES[language]
    rooms = sorted(resources.files("tallystick").iterdir(), key=lambda room: room.name)
    files = [path for room in rooms if (path := room / "locale" / f"{language}.po").is_file()]
    return _kept([path.read_bytes() for path in files], language)


def _kept(texts: list[bytes], language: str) -> dict[str, str]:
    """The merged catalog; reading `.po` takes a while, so what was read is kept under the hash of its sources."""
    name = hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
    path = CACHE_FOLDER / f"{language}-{name}.msgpack"
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, str])
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for text in texts:
        messages = read_po(io.BytesIO(text), abort_invalid=True)
        found.update({str(m.id): str(m.string) for m in messages if m.id and m.string})
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_bytes(msgspec.msgpack.encode(found))
        aside.rename(path)
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
