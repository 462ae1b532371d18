"""Pages of rows: sort and cut on arrays, make Arrow columns only of the rows that are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.operations import Table
from tallystick.ledger.columns import Array

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MONEY", "SHARES", "Shown", "codes", "page", "texts"]

MONEY = "1e-4 of the currency"
SHARES = "units (shares, contracts)"


class Shown(NamedTuple):
    """One column of a table: its values for an array of places, its Arrow type, its unit for people.

    `key` gives what to sort by where the values can be empty.
    """

    values: Callable[[Array], Any]
    type: str = "int64"
    unit: str = ""
    key: Callable[[Array], Any] | None = None


def page(count: int, columns: dict[str, Shown], *, sort: str, limit: int, offset: int) -> Table:
    """The rows `offset` to `offset + limit` of `count`, sorted by a column (`-column` descending), as a Table.

    TallystickError names an unknown column to sort by.
    """
    places = np.arange(count)
    name = sort.removeprefix("-")
    if name:
        if name not in columns:
            remedy, near = suggestion(name, columns)
            raise TallystickError(
                "ledger.sort", "There is no column {column} to sort by.", remedy, column=name, **near
            )
        keys = np.asarray((columns[name].key or columns[name].values)(places))
        order = np.argsort(keys, kind="stable")
        places = places[order[::-1] if sort.startswith("-") else order]
    places = places[max(offset, 0) : max(offset, 0) + max(limit, 0)]
    return Table(arrow_of(places, columns), total_rows=count)


def arrow_of(places: Array, columns: dict[str, Shown]) -> pa.Table:
    """The Arrow table of some rows, units in the metadata of its fields."""
    import pyarrow as pa

    types = {"date": pa.date32(), "timestamp": pa.timestamp("ns", tz="UTC"), "text": pa.string()}
    fields, arrays = [], []
    for name, column in columns.items():
        kind = types.get(column.type) or pa.type_for_alias(column.type)
        values = column.values(places)
        if not isinstance(values, np.ndarray):
            arrays.append(pa.array(values, type=kind))
        else:
            arrays.append(pa.array(np.ascontiguousarray(values)).cast(kind))
        fields.append(pa.field(name, kind, metadata={"unit": column.unit} if column.unit else None))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def texts(values: Array) -> Callable[[Array], list[str]]:
    """Fixed bytes as text."""
    return lambda places: [value.decode() for value in values[places].tolist()]


def codes(values: Array, names: Any) -> Callable[[Array], list[str]]:
    """Numbers of an enumeration as its names in lower case; an unknown number stays one."""
    words = {member.value: member.name.lower() for member in names}
    return lambda places: [words.get(value, str(value)) for value in values[places].tolist()]
