"""The three kinds of failure: a Rejection (data), a TallystickError (the operator's fault), a broken invariant.

A broken invariant is a plain `assert`: it stops the machine and keeps the journal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

__all__ = ["Forbidden", "NotFound", "Rejection", "TallystickError", "fill", "mark", "nearest", "suggestion"]

MOST_NAMED = 5


class _Places(dict[str, Any]):
    """Values for a sentence's places; one that is not known stays an ellipsis instead of hiding the whole sentence."""

    def __missing__(self, key: str) -> str:
        return "…"


def fill(sentence: str, values: Mapping[str, Any]) -> str:
    """The sentence with its `{name}` places filled.

    >>> fill("The price {price} is above {limit}.", {"price": "580.00"})
    'The price 580.00 is above ….'
    """
    return sentence.format_map(_Places(values))


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal that the rules made: returned, never raised.

    `code` is stable (`gate.price_above_limit`); `text` and `remedy` are English sentences with `{name}` places,
    which are also the keys of the translations; `values` fills the places.

    >>> refused = Rejection(code="gate.lot", text="Quantity {quantity} is no multiple of {lot}.",
    ...                     remedy="Send whole lots.", values={"quantity": 1500, "lot": 1000})
    >>> refused.message, str(refused)
    ('Quantity 1500 is no multiple of 1000.', 'Quantity 1500 is no multiple of 1000. Send whole lots.')
    """

    code: str
    text: str
    remedy: str = ""
    values: dict[str, Any] = {}

    @property
    def message(self) -> str:
        """The English text with its values filled in."""
        return fill(self.text, self.values)

    def __str__(self) -> str:
        return f"{self.message} {fill(self.remedy, self.values)}".rstrip()


class TallystickError(Exception):
    """The operator's fault: a bad file, a missing setting, a version mismatch.

    Attributes: `code` (stable), `text` (English sentence with `{name}` places, key of the translation), `remedy`
    (what to do, same form), `values` (fills both).

    >>> str(TallystickError("settings.unknown", "Unknown setting {key}.", "Did you mean {near}?", key="a", near="b"))
    'Unknown setting a. Did you mean b?'
    """

    def __init__(self, code: str, text: str, remedy: str, /, **values: Any) -> None:
        self.code = code
        self.text = text
        self.remedy = remedy
        self.values = values
        super().__init__(f"{fill(text, values)} {fill(remedy, values)}".strip())


class Forbidden(TallystickError):
    """The actor lacks the permission that the operation names."""


class NotFound(TallystickError):
    """The thing asked for does not exist; the remedy names the nearest or the command that lists them."""


def mark(sentence: str) -> str:
    """The sentence itself; the name (used as `_`) tells the catalogs that it is shown to people.

    >>> mark("Choose one of {some}.")
    'Choose one of {some}.'
    """
    return sentence


_ = mark


def suggestion(word: str, valid: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """The remedy for a word that is none of the valid ones, and the values of its places: the nearest, or a few.

    >>> suggestion("jornal", ["journal", "tape"])
    ('Did you mean {near}?', {'near': 'journal'})
    >>> suggestion("xyz", ["journal", "tape"])
    ('Choose one of {some}.', {'some': 'journal, tape'})
    """
    words = list(dict.fromkeys(valid))
    near = nearest(word, words)
    if near:
        return _("Did you mean {near}?"), {"near": near}
    if len(words) > MOST_NAMED:
        some = ", ".join(words[:MOST_NAMED])
        return _("There are {count}, such as {some}."), {"count": len(words), "some": some}
    return (_("Choose one of {some}."), {"some": ", ".join(words)}) if words else ("", {})


def nearest(word: str, valid: Iterable[str]) -> str:
    """The valid word closest to `word`, or an empty string.

    >>> nearest("jornal", ["journal", "tape"])
    'journal'
    """
    found = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.5)
    return found[0] if found else ""
