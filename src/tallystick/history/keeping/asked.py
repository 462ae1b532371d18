"""What the doors of keeping ask of every request: the dataset that is meant, a reason that says something, a date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.access_operations import DoneReply
from tallystick.core.errors import NotFound, Rejection, TallystickError, suggestion
from tallystick.core.time import SystemClock, format_time

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.events import Command

__all__ = ["date_of", "full_name", "require_known", "require_reason", "sent", "today_of"]


def full_name(context: Context, dataset: str) -> str:
    """The full name of a dataset, or of a table of the lake that is declared as none; empty when none is named."""
    from tallystick.history.datasets import DATASETS, find_dataset

    if not dataset:
        return ""
    declared = dataset in DATASETS or f"history.{dataset}" in DATASETS
    if not declared and dataset in context.lake.tables():
        return dataset
    return find_dataset(dataset).spec.name


def require_reason(reason: str) -> None:
    """Refuse what gives no reason to those who read it later."""
    if not reason.strip():
        raise TallystickError(
            "history.no_reason", "The reason is empty.", "Say why, for those who read it later."
        )


def require_known(classes: Iterable[str], known: set[str]) -> None:
    """Refuse a class of record that is not among those known; NotFound names the nearest."""
    for one in classes:
        if one not in known:
            remedy, near = suggestion(one, sorted(known))
            raise NotFound(
                "history.class_unknown",
                "There is no class of record {record_class}.",
                remedy,
                record_class=one,
                **near,
            )


def sent(context: Context, command: Command, identity: str) -> DoneReply | Rejection:
    """The reply to a command that a door sends: done, or the first reason against it."""
    decision = context.send(command)
    if decision.accepted:
        return DoneReply(id=identity, position=decision.position)
    return decision.rejections(msgspec.structs.asdict(command))[0]


def date_of(context: Context, at: int) -> datetime.date:
    """The date of a time (UTC nanoseconds) in the firm's zone."""
    return datetime.date.fromisoformat(format_time(at, context.settings.firm.zone)[:10])


def today_of(context: Context) -> datetime.date:
    """Today in the firm's zone."""
    return date_of(context, SystemClock().now())
