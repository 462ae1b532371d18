"""Why a row of an onboarding file is not taken: code, sentence with `{column}` and `{value}`, what to do."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.errors import fill
from tallystick.core.events import Reason
from tallystick.core.schema import Record
from tallystick.core.text import translate

__all__ = [
    "ACCOUNT", "AMOUNT", "BAD_TEXT", "CELLS", "CHOICE", "DATE", "EMPTY", "IS_KNOWN", "IS_OPEN", "NOTHING",
    "NO_ACCOUNT", "NO_PARTY", "OTHER_VALUE", "PARTY", "REPEATED", "SYMBOL", "TIME", "TOO_LARGE", "TOO_SMALL",
    "TOTAL", "UNKNOWN", "WHOLE", "BadRow", "Fault",
]  # fmt: skip

CELLS = Reason("onboarding.cells", "The row has more or fewer cells than the header.", "Check the quotes.")
EMPTY = Reason("onboarding.empty", "{column} is empty.", "Fill it.")
CHOICE = Reason("onboarding.choice", "{column} cannot be {value}.", "Write one of: {choices}.")
DATE = Reason("onboarding.not_a_date", "{column} is no date: {value}.", "Write 2026-11-20.")
WHOLE = Reason("onboarding.not_whole", "{column} is no whole number: {value}.", "Check its unit.")
TOO_SMALL = Reason("onboarding.too_small", "{column} is too small: {value}.", "Check the sign in the file.")
TOO_LARGE = Reason("onboarding.too_large", "{column} does not fit: {value}.", "Check its unit.")
AMOUNT = Reason(
    "onboarding.not_an_amount",
    "{column} is no amount with at most four decimals: {value}.",
    "Write digits, e.g. 1234.50.",
)
BAD_TEXT = Reason(
    "onboarding.bad_text",
    "{column} is too long, or has characters that it may not have: {value}.",
    "See the column in docs/reference/onboarding.md.",
)
REPEATED = Reason("onboarding.repeated", "The row repeats an earlier one: {value}.", "Leave one of them out.")
PARTY = Reason(
    "onboarding.unknown_party", "Party {value} is in no good row of parties.csv.", "Add or correct that row."
)
ACCOUNT = Reason(
    "onboarding.unknown_account",
    "Account {value} is in no good row of accounts.csv.",
    "Add or correct that row.",
)
SYMBOL = Reason(
    "onboarding.unknown_symbol",
    "The instrument {value} is not registered.",
    "Register it first with `tally market register-instrument`.",
)


TIME = Reason("onboarding.not_a_time", "{column} is no time of day: {value}.", "Write 10:30:00.")
NOTHING = Reason("onboarding.nothing", "{column} is 0: nothing moved.", "Leave the row out.")
NO_ACCOUNT = Reason(
    "onboarding.account_not_open",
    "Account {value} is not open in these books.",
    "Add it to the day's accounts.csv, or correct the row.",
)
NO_PARTY = Reason(
    "onboarding.party_not_known",
    "Party {value} is not in these books.",
    "Add it to the day's parties.csv, or correct the row.",
)
IS_OPEN = Reason(
    "onboarding.account_is_open", "Account {value} is open already.", "The day's files hold new ones only."
)
IS_KNOWN = Reason(
    "onboarding.party_is_known", "Party {value} is known already.", "The day's files hold new ones only."
)
OTHER_VALUE = Reason(
    "onboarding.other_value",
    "{column} is {value}; by these books and the row's other columns it is {ours}.",
    "Find which of the two systems is wrong.",
)
TOTAL = Reason(
    "onboarding.total_differs",
    "The file states {value} for {column}; its rows give {ours}.",
    "The file was cut or changed: export it again.",
)
UNKNOWN = Reason(
    "onboarding.not_in_layout",
    "The layout does not know: {value}.",
    "Compare with docs/reference/onboarding.md.",
)


class BadRow(Record, frozen=True, kw_only=True):
    """A row that was not taken: its file, its line in the file (the header is 1), why, and what to do."""

    file: str
    line: int
    column: str
    code: str
    reason: str
    remedy: str


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a row, before it is said in a language."""

    file: str
    line: int
    column: str
    reason: Reason
    value: str = ""
    choices: tuple[str, ...] = ()
    places: dict[str, Any] = {}

    def said(self, language: str) -> BadRow:
        """The row as people read it.

        >>> Fault("cash", 5, "amount", AMOUNT, "many").said("en").reason
        'amount is no amount with at most four decimals: many.'
        """
        values: dict[str, Any] = {
            "column": self.column,
            "value": self.value,
            "choices": ", ".join(self.choices),
            **self.places,
        }
        return BadRow(
            file=self.file,
            line=self.line,
            column=self.column,
            code=self.reason.code,
            reason=fill(translate(self.reason.text, language), values),
            remedy=fill(translate(self.reason.remedy, language), values),
        )
