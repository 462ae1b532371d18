"""Why a row cannot be loaded: stable code, sentence with `{column}` and `{value}`, what to do."""

from __future__ import annotations

from tallystick.core.events import Reason
from tallystick.core.text import translate

__all__ = ["CODES", "REASONS", "sentence"]

REASONS = (
    Reason(
        "history.row_fields",
        "The row has {value} fields, which is not as many as the header.",
        "Correct the row.",
    ),
    Reason(
        "history.row_quotes", "A quotation mark in the row is not closed.", "Close it; a row is one line."
    ),
    Reason("history.row_encoding", "The row is not text in UTF-8.", "Save the file as UTF-8."),
    Reason("history.empty", "{column} is empty.", "Fill it."),
    Reason("history.not_a_number", "{column} is no number: {value}.", "Write digits, e.g. 1234.50."),
    Reason(
        "history.not_finite", "{column} is not a finite number: {value}.", "Leave the row out or correct it."
    ),
    Reason("history.too_large", "{column} does not fit: {value}.", "Check its unit."),
    Reason("history.not_whole", "{column} is no whole number: {value}.", "Check its unit."),
    Reason("history.not_a_date", "{column} is no date: {value}.", "Write 2026-11-20."),
    Reason("history.not_a_time", "{column} is no time: {value}.", "Write 2026-11-20 09:00:00."),
    Reason("history.high_below_low", "The high is below the low: {value}.", "Correct the prices."),
    Reason("history.outside_range", "{column} is not between low and high: {value}.", "Correct the prices."),
    Reason("history.negative", "{column} is negative: {value}.", "Correct it."),
    Reason("history.ends_before_start", "The bar ends before it starts: {value}.", "Correct the times."),
    Reason(
        "history.future",
        "{column} is after the time at which it was known: {value}.",
        "Correct it or --known-at.",
    ),
    Reason(
        "history.key_twice", "The key is in row {value} too, with other values.", "Leave one of them out."
    ),
)

CODES = {reason.code: number for number, reason in enumerate(REASONS, 1)}
"""Number of each code from 1, as the checks note it; 0 is no fault."""


def sentence(code: str, column: str, value: str, language: str = "en") -> str:
    """The reason in a language.

    >>> sentence("history.negative", "volume", "-5")
    'volume is negative: -5.'
    """
    number = CODES.get(code)
    return translate(REASONS[number - 1].text, language, column=column, value=value) if number else code
