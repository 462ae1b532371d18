"""Why a row cannot be loaded: stable code, sentence with `{column}` and `{value}`, what to do."""

from __future__ import annotations

import re

from tallystick.core.errors import mark as _
from tallystick.core.events import Reason
from tallystick.core.text import translate

__all__ = ["CODES", "REASONS", "beside", "sentence"]

NO_TIME = _(
    "Write 2026-11-20 09:00:00. A number is a time of day beside a date (90000), or 20261120090000, or nanoseconds "
    "since 1970."
)

REASONS = (
    Reason(
        "history.row_fields",
        "The row has {value} fields, which is not as many as the header.",
        "Correct the row.",
    ),
    Reason(
        "history.row_quotes", "A quotation mark in the row is not closed.", "Close it; a row is one line."
    ),
    Reason(
        "history.row_encoding",
        "{column} is not text in the encoding of its file, {value}: the file mixes encodings, or the row is damaged.",
        "Save the file in one encoding.",
    ),
    Reason(
        "history.second_header",
        "The row is or stands below a second header with other columns.",
        "Cut the file before that header, and load the two parts.",
    ),
    Reason("history.empty", "{column} is empty.", "Fill it."),
    Reason("history.not_a_number", "{column} is no number: {value}.", "Write digits, e.g. 1234.50."),
    Reason(
        "history.not_finite", "{column} is not a finite number: {value}.", "Leave the row out or correct it."
    ),
    Reason("history.too_large", "{column} does not fit: {value}.", "Check its unit."),
    Reason("history.not_whole", "{column} is no whole number: {value}.", "Check its unit."),
    Reason(
        "history.comma",
        "{column} has a comma that does not surely part thousands: {value}.",
        "Write 1234.5 or 1,234.5: a comma stands before three digits, and never before decimals.",
    ),
    Reason("history.not_a_date", "{column} is no date: {value}.", "Write 2026-11-20."),
    Reason("history.not_a_time", "{column} is no time: {value}.", NO_TIME),
    Reason("history.high_below_low", "The high is below the low: {value}.", "Correct the prices."),
    Reason("history.outside_range", "{column} is not between low and high: {value}.", "Correct the prices."),
    Reason("history.negative", "{column} is negative: {value}.", "Correct it."),
    Reason("history.not_positive", "{column} is not above zero: {value}.", "Correct it, or leave it empty."),
    Reason(
        "history.outside_meaning",
        "{column} is not possible for this kind of action: {value}.",
        "Ratios are above zero; that of a reduction is the shares kept per share, so at most 1.",
    ),
    Reason("history.ends_before_start", "The bar ends before it starts: {value}.", "Correct the times."),
    Reason(
        "history.future",
        "{column} is after the time at which it was known: {value}.",
        "Correct it or --known-at.",
    ),
    Reason(
        "history.kind_unknown",
        "There is no kind of corporate action {value}.",
        "Write one of cash, stock, rights, reduction, par_change, reform.",
    ),
    Reason(
        "history.not_a_session",
        "{value} is no session of the venue.",
        "Correct the date, or the venue's calendar by a rule.",
    ),
    Reason(
        "history.outside_hours",
        "{column} is outside the sessions of the venue: {value}.",
        "Correct the time or its zone, or the venue's phases by a rule.",
    ),
    Reason(
        "history.other_day",
        "{column} is of another day than the row's date: {value}.",
        "Correct the time, its zone or the date; a night belongs to the date that follows it.",
    ),
    Reason(
        "history.label_doubtful",
        "Bars would end when the venue opens and none when it closes, first in row {value}.",
        'Compare the file: where bars are labelled by their start, say so in a mapping: label = "start".',
    ),
    Reason(
        "history.perhaps_outside_hours",
        "{column} is outside the sessions of the venue as far as they are known, first in row {value}.",
        "Compare the venue's phases, which are not verified.",
    ),
    Reason(
        "history.venue_unknown",
        "The symbol names no venue that the house knows, first in row {value}.",
        "Say it in a mapping: suffix, or [venues].",
    ),
    Reason(
        "history.totals",
        "{column} contradicts between the day's bars and those or the trades within it, first in row {value}.",
        "Compare the two; one of them lacks rows, or has another unit.",
    ),
    Reason(
        "history.off_tick",
        "{column} is not on the tick that is in force: {value}.",
        "Load raw prices, not adjusted ones; or correct the price.",
    ),
    Reason(
        "history.outside_limits",
        "{column} is outside the limits of the day: {value}.",
        "Correct the price or the reference price.",
    ),
    Reason(
        "history.out_of_sequence",
        "The sequence goes back while time goes on: {value}.",
        "Correct the sequence or the time.",
    ),
    Reason(
        "history.key_twice", "The key is in row {value} too, with other values.", "Leave one of them out."
    ),
    Reason(
        "history.known_otherwise",
        "Other values were known of the fact at that time or later, so that an earlier answer would change.",
        "Bring it by `tally history correct`, or release it, with a later --known-at.",
    ),
    Reason(
        "history.corrected_before",
        "The fact was corrected to other values, which a load does not undo: {value}.",
        "If the source is right, bring it by `tally history correct`.",
    ),
    Reason(
        "history.withdrawn_before",
        "The fact was withdrawn, which a load does not undo: {value}.",
        "If it should exist after all, bring it by `tally history correct`.",
    ),
    Reason(
        "history.purged_before",
        "{column} was purged on {value}: its rows are not there, and a load does not bring them back.",
        "If they should be there again, bring them by `tally history correct`.",
    ),
    Reason(
        "history.amount_outside",
        "Amount by volume is not between low and high, first in row {value}.",
        "Compare the units; odd lots and block trades may explain it.",
    ),
    Reason(
        "history.stale",
        "Prices and volume are those of the row before, first in row {value}.",
        "Compare with another source.",
    ),
    Reason(
        "history.gap",
        "Sessions before it have no row, first in row {value}.",
        "Load the missing days, unless nothing was traded on them.",
    ),
    Reason(
        "history.other_source",
        "Another source says otherwise, first in row {value}.",
        "Compare the two; the one known last holds.",
    ),
    Reason(
        "history.unverified",
        "The layout of {value} is from memory, not from the vendor's own document.",
        "Compare a few rows with the file.",
    ),
    Reason(
        "history.word_unknown",
        "{column} has a word that the dataset does not know: {value}.",
        "Say what it means in a mapping, part [values.…]; see docs/how-to/load-client-data.md.",
    ),
    Reason("history.before_start", "{column} is before the start: {value}.", "Correct the dates."),
    Reason(
        "history.outside_marks",
        "{column} is not a mark from 1 to 5: {value}.",
        "Correct it, or leave it empty.",
    ),
    Reason(
        "history.encoding_guessed",
        "The encoding was guessed as {column}.",
        'Look at a few names; when they are wrong, name the encoding in a mapping: encoding = "gb18030".',
    ),
    Reason(
        "history.letters_unknown",
        "In columns that are not read are letters that the encoding does not know, first in row {value}.",
        "Nothing, unless the encoding is wrong; letters that an office made itself (造字) are such.",
    ),
    Reason(
        "history.header_again",
        "The header stands again among the rows and was passed over, first in row {value}.",
        "Nothing; see that the parts of the file are all meant.",
    ),
    Reason(
        "history.header_only",
        "The file has a header and no rows.",
        "Nothing, if there was nothing to tell; else fetch it again, whole.",
    ),
    Reason(
        "history.crossed",
        "The bid is above the ask, first in row {value}.",
        "Compare the columns and the time; in auctions it may be so.",
    ),
    Reason(
        "history.announced_early",
        "The figure is announced before its period ends, first in row {value}.",
        "Compare the two dates.",
    ),
    Reason(
        "history.outside_continuous",
        "{column} is outside the continuous session and the auctions, first in row {value}.",
        "Say the phase of bars of block trades, odd lots and the time after hours; or correct the time or its zone.",
    ),
    Reason(
        "history.calendar_unknown",
        "The venue's calendar does not know the date, so that nobody checked it, first in row {value}.",
        "Compare the dates with the exchange's, or bring its calendar by a rule.",
    ),
    Reason(
        "history.unregistered",
        "The symbol is not registered, so that ticks and limits are unchecked, first in row {value}.",
        "Register the instrument where its prices are to be checked.",
    ),
    Reason(
        "history.not_divided",
        "{column} counts both sides and cannot be halved: {value}.",
        "Compare [divide] in the mapping; a count of both sides is even.",
    ),
    Reason(
        "history.record_count",
        "The table's header counts {column} records, and {value} are there; all were read.",
        "Compare the last rows with the sender's count; ask for the file again when they are too many.",
    ),
    Reason(
        "history.several_values",
        "{column} holds a list or an object, not one value: {value}.",
        "Give one value in each cell.",
    ),
    Reason(
        "history.not_a_text",
        "{column} is no text: {value}.",
        'Give it as text, e.g. "2330"; a column of symbols with holes becomes numbers in some programs.',
    ),
    Reason(
        "history.unit_stated",
        "{column} is read in units of {value}, as its header says.",
        "Nothing, if it is so; else correct the header in the file.",
    ),
    Reason(
        "history.cut_short",
        "The file ends within row {value}: {column} may be cut short.",
        "Fetch the file again where it was not saved whole; else compare the row.",
    ),
    Reason(
        "history.figure_emptied",
        "{column} was known and is empty now, first in row {value}.",
        "Give it by a correction, unless it should be empty.",
    ),
    Reason(
        "history.spacing",
        "Bars of a symbol stand {value} or more apart, longer than those of the dataset.",
        "Load bars of another length into a dataset of their own, by --dataset.",
    ),
    Reason(
        "history.adjusted_title",
        "The title says that prices are adjusted: {value}.",
        "Load prices as traded; they are adjusted when they are asked for.",
    ),
    Reason(
        "history.one_header",
        "{column} are read from one and the same column of the file, {value}.",
        "Compare [columns] in the mapping.",
    ),
    Reason(
        "history.passed_over",
        "{column} in the archive is no table and was passed over.",
        "Nothing, unless it holds rows; then load it alone.",
    ),
    Reason(
        "history.read_before",
        "{value} of the contents were loaded before, and are not read again; others came since, and what these say "
        "stays.",
        "To say them once more, as newer, load them with a time of knowing (`--known-at`).",
    ),
)

CODES = {reason.code: number for number, reason in enumerate(REASONS, 1)}
"""Number of each code from 1, as the checks note it; 0 is no fault."""


WITH_RIGHT = {
    "history.row_fields": _("The row has {value} fields, the header {right}; is the separator right?"),
    "history.other_day": _("{column} is of another day than the row's date {right}: {value}."),
    "history.off_tick": _("{column} is not on the tick of {right} that is in force: {value}."),
    "history.outside_limits": _("{column} is outside the limits of the day, {right}: {value}."),
    "history.spacing": _("Bars of a symbol stand {value} or more apart; they may belong to {right}."),
}
"""What is said when the value tells what would be right too, as `beside` writes it."""

VALUE_AND_RIGHT = re.compile(r"(.*) \((.*)\)")


def beside(value: str, right: str) -> str:
    """A value with what would be right, as quarantine keeps it.

    >>> beside("101.1", "0.5")
    '101.1 (0.5)'
    """
    return f"{value} ({right})"


def sentence(code: str, column: str, value: str, language: str = "en") -> str:
    """The reason in a language.

    >>> sentence("history.negative", "volume", "-5")
    'volume is negative: -5.'
    >>> sentence("history.off_tick", "high", beside("101.1", "0.5"))
    'high is not on the tick of 0.5 that is in force: 101.1.'
    """
    if code in WITH_RIGHT and (told := VALUE_AND_RIGHT.fullmatch(value)):
        return translate(WITH_RIGHT[code], language, column=column, value=told[1], right=told[2])
    number = CODES.get(code)
    return translate(REASONS[number - 1].text, language, column=column, value=value) if number else code
