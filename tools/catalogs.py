"""Add to each room's catalog the sentences that still need 繁體中文, with an empty translation to fill in.

    python tools/catalogs.py

Existing entries stay as they are; a sentence that any room has translated is not asked for again.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from house import text
from house.source import PACKAGE


def missing() -> dict[str, set[str]]:
    """Room → sentences without a translation. Modules beside the rooms (`firm.py`) use the catalog of core."""
    known = text.catalogs()
    rooms: dict[str, set[str]] = defaultdict(set)
    for place, english in text.every_sentence():
        if english and english not in known:
            room = place.partition("/")[0]
            rooms[room if (PACKAGE / room).is_dir() else "core"].add(english)
    return rooms


def add(path: Path, sentences: set[str]) -> None:
    """Add the sentences to one catalog, made if there is none."""
    catalog = Catalog(locale=text.LANGUAGE)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=text.LANGUAGE)
    for sentence in sorted(sentences):
        if sentence not in catalog:
            catalog.add(sentence)
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=0, omit_header=True)


if __name__ == "__main__":
    for room, sentences in sorted(missing().items()):
        target = PACKAGE / room / "locale" / f"{text.LANGUAGE}.po"
        add(target, sentences)
        print(f"{target.relative_to(PACKAGE)}: {len(sentences)} sentences to translate")
