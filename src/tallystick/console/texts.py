"""The sentences that the browser's scripts show; each page carries them in its language."""

from __future__ import annotations

from tallystick.console.words import mark as _
from tallystick.core.text import translate

__all__ = ["SENTENCES", "script_texts"]

SENTENCES = (
    _("1 row"),
    _("{n} rows"),
    _("{n} rows copied"),
    _("Accounts"),
    _("Account {number}"),
    _("Cancel"),
    _("Check the hash chain"),
    _("Checking…"),
    _("Close"),
    _("Columns"),
    _("Commands"),
    _("Connected"),
    _("Copied"),
    _("Connection lost. Trying again; nothing you see is current."),
    _("Data {n} s old"),
    _("Done."),
    _("Frozen: rows do not move until you press Space."),
    _("In the journal"),
    _("Instrument {symbol}"),
    _("Instruments"),
    _("Loading"),
    _("Live"),
    _("No match"),
    _("Nothing fits these filters."),
    _("Nothing was changed: all of it is known already."),
    _("Nothing was changed: no row passes the checks."),
    _("Row {row}: {reason}"),
    _("Not released: the row still does not pass the checks."),
    _("Nothing here yet."),
    _("Pages"),
    _("Proposed. Nothing changes before a second person approves it."),
    _("Released: the row is loaded."),
    _("Sound: every hash fits."),
    _("Show it"),
    _("Stale"),
    _("Switch language"),
    _("Switch theme"),
    _("The chain is damaged."),
    _("The server did not answer."),
    _("Trace id copied"),
    _("Try again"),
    _("no"),
    _("yes"),
)


def script_texts(language: str) -> dict[str, str]:
    """English sentence → sentence in a language; empty for English, whose sentences are the keys.

    >>> script_texts("en")
    {}
    """
    return {} if language == "en" else {sentence: translate(sentence, language) for sentence in SENTENCES}
