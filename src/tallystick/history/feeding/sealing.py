"""Sealing closed business days: into the lake with proof, then onto the journal, then done.

Each step may be killed and is found done, or is done again, by the next try: the rows of a day are one commit with a
token, the proof is kept before the fact is journaled, the fact has an id of its own, and a day counts as sealed only
when all its tables are.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.events import PartitionSealed
from tallystick.history.feeding.feeds import BusinessFeeds, TableFeed, keep_sealed_through, sealed_through
from tallystick.history.feeding.verifying import seal_hash

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.feeding.days import Span

__all__ = ["SealedLine", "feeds_of", "seal_days"]


class SealedLine(Record, frozen=True, kw_only=True):
    """A day of a business table that is whole in the lake: its rows and the SHA-256 of the proof, in hex."""

    business_date: datetime.date
    dataset: str
    rows: int
    proof: str


def feeds_of(context: Context) -> BusinessFeeds:
    """The feeds that `firm.py` gave the firm's lake."""
    return next(feed.feeds for feed in context.lake.feeds.values() if isinstance(feed, TableFeed))


def seal_days(context: Context, through: datetime.date | None = None) -> list[SealedLine]:
    """Seal every closed business day up to and with a date (all of them when none is given) that is not sealed yet.

    Then the recent days are built anew for speed where they changed (the hot generation), also when nothing was to be
    sealed. Gives a line for each table that has rows of such a day. TallystickError when the journal is damaged or the
    date is no closed business day.
    """
    if context.house.damage is not None:
        raise context.house.damage
    feeds = feeds_of(context)
    if through is not None:
        _require_closed(context, feeds, through)
    with _alone(context):
        waiting = [
            span for span in feeds.unsealed() if span.is_closed and (through is None or span.date <= through)
        ]
        context.progress.start(translate("Sealing business days", context.language), len(waiting))
        lines = []
        for span in waiting:
            lines += _seal(context, feeds, span)
            context.progress.step(1, span.date.isoformat())
        feeds.let_go()
        context.lake.refresh_hot()
        context.progress.finish()
    return lines


def _seal(context: Context, feeds: BusinessFeeds, span: Span) -> list[SealedLine]:
    lake, lines = context.lake, []
    told = {fact.dataset: fact for fact in context.machine("history").seals() if fact.date == span.date}
    closed_at = context.journal.batch(span.until).recorded_at
    for sealed in lake.seal(span.date, feeds.names):
        proof = seal_hash(sealed.proof)
        fact = PartitionSealed(
            command_id=f"sealed-{sealed.name}-{span.date}-{context.actor.name}", dataset=sealed.name, date=span.date,
            rows=sealed.rows, proof=proof, known_time=closed_at,
        )  # fmt: skip
        earlier = told.get(sealed.name)
        if earlier is None or (earlier.rows, earlier.proof) != (fact.rows, fact.proof):
            _tell(context, fact)
        lines.append(
            SealedLine(business_date=span.date, dataset=sealed.name, rows=sealed.rows, proof=proof.hex())
        )
    keep_sealed_through(lake, span)
    feeds.forget(span.date)
    return lines


def _tell(context: Context, fact: PartitionSealed) -> None:
    """Put a sealed day on the journal."""
    decision = context.send(fact)
    if not decision.accepted:
        raise TallystickError(
            "history.seal_refused",
            "The journal does not take that {date} of {dataset} is sealed: {reason}",
            "Compare the lake with the journal; a restored lake may be older or younger than the journal.",
            date=str(fact.date),
            dataset=fact.dataset,
            reason=decision.rejections(msgspec.structs.asdict(fact))[0].message,
        )


def _require_closed(context: Context, feeds: BusinessFeeds, date: datetime.date) -> None:
    last, _ = sealed_through(context.lake)
    closed = [] if last is None else [day for day in context.journal.days() if day <= last]
    closed += [span.date for span in feeds.unsealed() if span.is_closed]
    if date not in closed:
        raise TallystickError(
            "history.day_not_closed",
            "{date} is no business day that was closed.",
            "Days that were closed end with {last}; a day is sealed after its close.",
            date=str(date),
            last=str(closed[-1]) if closed else "-",
        )


@contextlib.contextmanager
def _alone(context: Context) -> Iterator[None]:
    """One sealing of a firm at a time; a second one waits and then finds the days sealed."""
    folder = context.path / "run"
    folder.mkdir(exist_ok=True)
    with (folder / "sealing.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
