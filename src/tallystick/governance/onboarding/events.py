"""What onboarding writes to the journal: its start, its proof, each parallel day, each change of stage."""

from __future__ import annotations

from tallystick.core.events import Command, Reason, event
from tallystick.core.schema import BusinessDate, Record, Text

__all__ = ["AdvanceOnboarding", "CompareParallelDay", "ProofLine", "ProveOnboarding", "StartOnboarding"]

NO_ONBOARDING = Reason(
    "onboarding.not_started", "No onboarding is under way.", "Start one with `tally governance onboard`."
)


class ProofLine(Record, frozen=True, kw_only=True):
    """One total of an outside body beside ours, in units or 1e-4 money."""

    source: str
    subject: str
    theirs: int
    ours: int


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

    lines: list[ProofLine]


@event("governance.compare_parallel_day", reasons=(NO_ONBOARDING,))
class CompareParallelDay(Command, frozen=True, kw_only=True):
    """One day of the parallel run compared with the old system's close; the differences in numbers and by sample."""

    business_date: BusinessDate
    compared: int
    differences: int
    sample: list[ProofLine]


@event(
    "governance.advance_onboarding",
    reasons=(
        NO_ONBOARDING,
        Reason(
            "onboarding.wrong_order",
            "Stage {to} does not follow {stage}.",
            "Prove, shadow, parallel, live; or rolled_back.",
        ),
        Reason(
            "onboarding.days_missing",
            "{agreed} of {needed} parallel days agreed.",
            "Run in parallel until they agree.",
        ),
        Reason("onboarding.unapproved", "Cutting over needs a second person.", "Propose it first."),
    ),
)
class AdvanceOnboarding(Command, frozen=True, kw_only=True):
    """Go to the next stage, or roll back."""

    to: Text
    reason: Text
    approval: Text = ""
