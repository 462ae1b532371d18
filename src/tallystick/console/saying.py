"""Values that other rooms give as text, in the reader's language: whole sentences, or words apart by commas."""

from __future__ import annotations

import re
from typing import Any

from tallystick.console.codes import word_of
from tallystick.console.fields import FIELDS
from tallystick.console.words import mark as _
from tallystick.core.text import catalog, translate

__all__ = ["said_in"]

SPAN = re.compile(r"(\d+) to (\d+)")
DAY = re.compile(r"id of (\d+)")
CODED = re.compile(r"([a-z_]+) (-?\d+)")
PARTS = re.compile(r"(, |; |: | · )")
WORDS_OF = ("status", "done_reason")
"""Tables of words that stand in texts without their field's name."""


def said_in(language: str, value: Any) -> str:
    """A value as text in a language; numbers and what no catalog knows stay as they are, none is `–`.

    >>> said_in("en", "board lots, odd lots"), said_in("en", None), said_in("en", 1000)
    ('board lots, odd lots', '–', '1,000')
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, bool) or not isinstance(value, str):
        return f"{value:,}" if type(value) is int else str(value)
    known = catalog(language)
    if value in known:
        return known[value]
    return "".join(_word(part, language, known) for part in PARTS.split(value))


def _word(part: str, language: str, known: dict[str, str]) -> str:
    if part in known:
        return known[part]
    if span := SPAN.fullmatch(part):
        return translate(_("{first} to {last}"), language, first=span[1], last=span[2])
    if day := DAY.fullmatch(part):
        return translate(_("id of {date}"), language, date=day[1])
    if (coded := CODED.fullmatch(part)) and coded[1] in FIELDS:
        word = translate(word_of(coded[1], coded[2])[0], language)
        return f"{translate(FIELDS[coded[1]].title, language)} {word}"
    for table in WORDS_OF:
        word, _mark = word_of(table, part)
        if word != part:
            return known.get(word, word.lower() if part == part.lower() else word)
    return part
