"""What onboarding writes to the journal: its start, its proof, each parallel day, each change of stage."""

from __future__ import annotations

from tallystick.core.events import Command, Reason, event
from tallystick.core.schema import BusinessDate, Money, Quantity, Record, Text

__all__ = [
    "AdvanceOnboarding",
    "AmountProof",
    "CompareParallelDay",
    "FollowDay",
    "ProveOnboarding",
    "QuantityProof",
    "StartOnboarding",
]

NO_ONBOARDING = Reason(
    "onboarding.not_started", "No onboarding is under way.", "Start one with `tally governance onboard`."
)

NOT_BEGUN = Reason(
    "onboarding.not_in_shadow",
    "At stage {stage} the old system's days are not followed.",
    "Go to shadow first with `tally governance onboard-advance`.",
)
NO_SESSION = Reason(
    "onboarding.no_session",
    "{business_date} is no session of the home calendar.",
    "Give a trading day; `tally market calendar` lists them.",
)

NOT_COMPARED = Reason(
    "onboarding.day_not_compared",
    "{followed_on} was not compared with the old system's close.",
    "Compare it first with `tally governance onboard-compare`.",
)


class AmountProof(Record, frozen=True, kw_only=True):
    """An amount of money in an outside book beside ours: bank, general ledger, or an account's cash at a close."""

    source: str
    subject: str
    their_amount: Money
    our_amount: Money

    @property
    def differs(self) -> bool:
        """Whether the two books say different amounts."""
        return self.their_amount != self.our_amount


class QuantityProof(Record, frozen=True, kw_only=True):
    """A quantity of securities in an outside book beside ours: the depository's total, or a holding at a close."""

    source: str
    subject: str
    their_quantity: Quantity
    our_quantity: Quantity

    @property
    def differs(self) -> bool:
        """Whether the two books say different quantities."""
        return self.their_quantity != self.our_quantity


@event(
    "governance.start_onboarding",
    reasons=(
        Reason(
            "onboarding.running", "An onboarding is at stage {stage}.", "Finish it or roll it back first."
        ),
        Reason(
            "onboarding.not_empty", "The firm has accounts already.", "Take a firm over into an empty folder."
        ),
    ),
)
class StartOnboarding(Command, frozen=True, kw_only=True):
    """Begin taking a firm over: files with their SHA-256, rows taken and refused, days of agreement asked."""

    as_of: BusinessDate
    files: dict[str, str]
    rows: dict[str, int]
    refused_rows: int
    parallel_days: int


@event(
    "governance.prove_onboarding",
    reasons=(
        NO_ONBOARDING,
        Reason(
            "onboarding.rows_refused",
            "{refused_rows} rows of the files were refused.",
            "Correct them and onboard anew.",
        ),
        Reason(
            "onboarding.totals_differ",
            "{differences} totals differ from the outside books.",
            "See the differences.",
        ),
    ),
)
class ProveOnboarding(Command, frozen=True, kw_only=True):
    """Put the totals of depository, banks and general ledger beside ours; refused while one differs."""

    amounts: list[AmountProof]
    quantities: list[QuantityProof]


@event(
    "governance.follow_day",
    reasons=(
        NO_ONBOARDING,
        NOT_BEGUN,
        NO_SESSION,
        Reason(
            "onboarding.other_files",
            "{business_date} was followed from other files.",
            "Go on with those: books are never patched. If they were wrong, roll back and take the firm over anew.",
        ),
        Reason(
            "onboarding.day_skipped",
            "{expected} comes next, not {business_date}.",
            "Follow the sessions one after the other.",
        ),
        Reason(
            "onboarding.day_unfinished",
            "{followed_on} was begun and is not closed.",
            "Give the files of that day again: it goes on where it was.",
        ),
        NOT_COMPARED,
        Reason(
            "onboarding.day_ahead",
            "The firm's day is {firm_day} already.",
            "Days only go forward: take the firm over anew with an earlier first day.",
        ),
    ),
)
class FollowDay(Command, frozen=True, kw_only=True):
    """A business day of the old system begins to be followed: its files with their SHA-256."""

    business_date: BusinessDate
    files: dict[str, str]


@event(
    "governance.compare_parallel_day",
    reasons=(
        NO_ONBOARDING,
        NOT_BEGUN,
        NO_SESSION,
        Reason(
            "onboarding.opening_day",
            "{business_date} is not after {as_of}, the day of the opening books.",
            "Follow the next session and compare that: the opening books are proven by the totals.",
        ),
        Reason(
            "onboarding.other_day",
            "The firm's day is {firm_day}, not {business_date}.",
            "Compare the firm's own day; `tally governance onboard-day` brings the books to the next one.",
        ),
        Reason(
            "onboarding.day_open",
            "{business_date} is not closed in these books.",
            "Finish it with `tally governance onboard-day`, then compare.",
        ),
        Reason(
            "onboarding.session_skipped",
            "{expected} was to be compared next, not {business_date}.",
            "Go back to shadow and then to parallel: the days are counted anew.",
        ),
    ),
)
class CompareParallelDay(Command, frozen=True, kw_only=True):
    """One day of the parallel run compared with the old system's close: how many differences, and the first of them."""

    business_date: BusinessDate
    compared: int
    differences: int
    amounts: list[AmountProof]
    quantities: list[QuantityProof]


@event(
    "governance.advance_onboarding",
    reasons=(
        NO_ONBOARDING,
        Reason(
            "onboarding.wrong_order",
            "Stage {to} does not follow {stage}.",
            "Prove, shadow, parallel (and back to shadow), live; or rolled_back.",
        ),
        Reason(
            "onboarding.days_missing",
            "{agreed} of {needed} parallel days agreed.",
            "Run in parallel until they agree.",
        ),
        Reason(
            "onboarding.unapproved",
            "Cutting over, and going back after it, need a second person.",
            "Propose it first.",
        ),
        NOT_COMPARED,
    ),
)
class AdvanceOnboarding(Command, frozen=True, kw_only=True):
    """Go to the next stage, or roll back."""

    to: Text
    reason: Text
    approval: Text = ""
