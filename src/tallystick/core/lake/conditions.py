"""What a question says of a table's key columns, for every engine: spans to choose files by, SQL, a Polars filter.

Conditions are on key columns only, so they may be applied before the latest version of each key is looked for.

>>> import datetime
>>> given = {"symbol": ["2330.XTAI", "2317.XTAI"], "date": (datetime.date(2026, 11, 2), None)}
>>> conditions = Conditions(given)
>>> conditions.spans
{'symbol': ('2317.XTAI', '2330.XTAI'), 'date': (20759, None)}
>>> conditions.sql(), conditions.parameters()
('"symbol" IN (?, ?) AND "date" >= ?', ['2330.XTAI', '2317.XTAI', datetime.date(2026, 11, 2)])
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import Bound
from tallystick.core.schema import date_number

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Conditions", "quoted"]

NARROW_VALUES = 64
"""A question for at most so many values of the first sort column is one for few rows."""


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


class Conditions:
    """Conditions on key columns: a value (equals), a list or set (one of), or a pair (from, to).

    Both ends of a pair are inclusive; None leaves one open.
    """

    def __init__(self, within: Mapping[str, Any]) -> None:
        self.among: dict[str, list[Any]] = {}
        self.ranges: dict[str, tuple[Any, Any]] = {}
        for name, wanted in within.items():
            if isinstance(wanted, tuple):
                lowest, highest = wanted
                if lowest is not None or highest is not None:
                    self.ranges[name] = (lowest, highest)
            elif isinstance(wanted, Sequence | set | frozenset) and not isinstance(wanted, str | bytes):
                self.among[name] = list(wanted)
            else:
                self.among[name] = [wanted]

    @property
    def is_empty_answer(self) -> bool:
        """Whether nothing can match: one of no values."""
        return not all(self.among.values())

    @property
    def spans(self) -> dict[str, tuple[Bound | None, Bound | None]]:
        """Lowest and highest stored value of each column that has a condition."""
        spans = {name: (_bound(low), _bound(high)) for name, (low, high) in self.ranges.items()}
        for name, values in self.among.items():
            if values and not isinstance(values[0], bytes):
                spans[name] = (_bound(min(values)), _bound(max(values)))
        return dict(sorted(spans.items(), key=lambda item: item[0] not in self.among))

    def is_narrow(self, layout: Layout) -> bool:
        """Whether few rows can match: few values of the column that files are sorted by."""
        return bool(layout.sort) and 0 < len(self.among.get(layout.sort[0], ())) <= NARROW_VALUES

    def is_moment(self, name: str) -> bool:
        """Whether a column is limited at both ends."""
        return name in self.among or None not in self.ranges.get(name, (None,))

    def sql(self, instead: Mapping[str, str] | None = None) -> str:
        """The conditions as SQL with `?` for the values; `instead` gives ready texts for some columns of `among`."""
        texts = []
        for name, values in self.among.items():
            if instead and name in instead:
                texts.append(instead[name])
            elif len(values) == 1:
                texts.append(f"{quoted(name)} = ?")
            else:
                texts.append(f"{quoted(name)} IN ({', '.join('?' * len(values))})")
        for name, (lowest, highest) in self.ranges.items():
            texts += [f"{quoted(name)} >= ?"] if lowest is not None else []
            texts += [f"{quoted(name)} <= ?"] if highest is not None else []
        return " AND ".join(texts)

    def parameters(self, without: Mapping[str, str] | None = None) -> list[Any]:
        """The values for `sql`, in order."""
        found = [v for name, values in self.among.items() if name not in (without or {}) for v in values]
        return found + [value for pair in self.ranges.values() for value in pair if value is not None]

    def polars(self) -> list[pl.Expr]:
        """The conditions as Polars filters."""
        import polars as pl

        filters = []
        for name, values in self.among.items():
            filters.append(pl.col(name) == values[0] if len(values) == 1 else pl.col(name).is_in(values))
        for name, (lowest, highest) in self.ranges.items():
            filters += [pl.col(name) >= lowest] if lowest is not None else []
            filters += [pl.col(name) <= highest] if highest is not None else []
        return filters


def _bound(value: Any) -> Any:
    return date_number(value) if isinstance(value, datetime.date) else value
