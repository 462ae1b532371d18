"""What a dataset's columns are and what a load makes sure of, as the catalog tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.errors import mark
from tallystick.core.schema import schema_of
from tallystick.core.text import translate
from tallystick.history.datasets.dataset import OWN_COLUMNS
from tallystick.history.keeping.described import DatasetCheck, DatasetColumn

if TYPE_CHECKING:
    from tallystick.core.lake import TableSpec
    from tallystick.history.datasets import Dataset

__all__ = ["CHECK_SENTENCES", "checks_of", "columns_of"]

_ = mark

CHECK_SENTENCES = {
    "not_negative": _("Quantities, counts, amounts and ratios are not negative."),
    "positive": _("Prices and quantities are above zero, where they are given."),
    "high_low": _("The high is not below the low; open and close are between them."),
    "kind": _("The kind of action is known and has the figures that it needs."),
    "words": _("Words are those that the dataset knows."),
    "closed": _("What ends does not end before it starts."),
    "satisfaction": _("A mark of satisfaction is from 1 to 5."),
    "not_future": _("No row is about a time after the one at which it was known."),
    "session": _("The date is a session of the instrument's venue."),
    "hours": _("The time is in a session of the venue, by its dated hours."),
    "tick": _("Prices are on the tick of their date."),
    "limit": _("Prices are within the limits around the reference price."),
    "sequence": _("The source's sequence does not go back while time goes on."),
    "amount": _("Amount by volume is a price between low and high."),
    "crossed": _("The bid is not above the ask, but in auctions."),
    "announced": _("A figure is not announced before its period ends."),
    "stale": _("A row does not repeat the one before it."),
    "gap": _("No session lacks a row between the first and the last one."),
    "totals": _("Bars and trades within a day do not add up to more than its daily bar."),
    "duplicate_key": _("A key comes once in a file."),
    "cross_source": _("A fact is as other sources gave it."),
}
"""Check → what it makes sure of."""

DOUBTS = {"amount", "crossed", "announced", "stale", "gap", "totals", "cross_source"}
"""Checks that cannot be sure: a row that fails one is kept, and the load tells the doubt."""


def columns_of(spec: TableSpec, declared: Dataset | None) -> list[DatasetColumn]:
    """The columns of a table in their order, with units in English; clients of the reply have the words."""
    schema, sort = schema_of(spec.record), spec.sort or spec.key
    found = []
    for name, column in schema.columns.items():
        assert column is not None, f"{spec.name}.{name} is nested"
        found.append(
            DatasetColumn(
                column=name,
                column_type=column.kind,
                column_unit=column.unit,
                in_key=spec.key.index(name) + 1 if name in spec.key else None,
                in_sort=sort.index(name) + 1 if name in sort else None,
                may_be_empty=name in schema.optional,
                filled_by=_filled_by(name, declared),
            )
        )
    return found


def _filled_by(name: str, declared: Dataset | None) -> str:
    if declared is None or not declared.required:
        return "house"
    if name in declared.required:
        return "must"
    return "may" if name in declared.optional and name not in OWN_COLUMNS else "house"


def checks_of(declared: Dataset | None, language: str) -> list[DatasetCheck]:
    """The checks of a dataset's loads, with their sentences in a language; none for one that no file fills."""
    return [
        DatasetCheck(
            check=name,
            makes_sure=translate(CHECK_SENTENCES[name], language),
            on_failure="doubt" if name in DOUBTS else "set_aside",
        )
        for name in (declared.checks if declared else ())
    ]
