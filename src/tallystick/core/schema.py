"""One declaration of a record gives its msgspec type, NumPy dtype, Arrow schema and JSON Schema.

A record is a class of annotated fields; the aliases below say how each is stored:

>>> class Fill(Record, frozen=True, kw_only=True):
...     fill_id: Int64
...     price: Price
...     quantity: Quantity
...     symbol: FixedText12
>>> schema_of(Fill).dtype.itemsize
36
>>> schema_of(Fill).unpack(schema_of(Fill).pack([Fill(fill_id=1, price=5800000, quantity=1000, symbol="2330.XTAI")]))
[Fill(fill_id=1, price=5800000, quantity=1000, symbol='2330.XTAI')]

Fixed records are little-endian and packed, so their bytes are their meaning on every machine. Times are UTC
nanoseconds (int64), business dates are days since 1970-01-01 (int32) in arrays and `datetime.date` in records.
"""

from __future__ import annotations

import datetime
import functools
import types
import typing
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = [
    "BusinessDate",
    "Column",
    "FixedText8",
    "FixedText12",
    "FixedText24",
    "Flag",
    "Float64",
    "Hash32",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Money",
    "Price",
    "Quantity",
    "Record",
    "Schema",
    "Text",
    "Timestamp",
    "UInt64",
    "date_number",
    "number_date",
    "schema_of",
]

EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()


class Column(msgspec.Struct, frozen=True):
    """How one field is stored: a storage kind, its size in bytes for fixed text, its unit for people."""

    kind: str
    size: int = 0
    unit: str = ""


Int8 = Annotated[int, Column("int8")]
Int16 = Annotated[int, Column("int16")]
Int32 = Annotated[int, Column("int32")]
Int64 = Annotated[int, Column("int64")]
UInt64 = Annotated[int, Column("uint64")]
Float64 = Annotated[float, Column("float64")]
Flag = Annotated[bool, Column("bool")]
Price = Annotated[int, Column("int64", unit="1e-4 of the currency")]
Money = Annotated[int, Column("int64", unit="1e-4 of the currency")]
Quantity = Annotated[int, Column("int64", unit="units (shares, contracts)")]
Timestamp = Annotated[int, Column("timestamp", unit="UTC nanoseconds")]
BusinessDate = Annotated[datetime.date, Column("date")]
FixedText8 = Annotated[str, Column("text_fixed", size=8)]
FixedText12 = Annotated[str, Column("text_fixed", size=12)]
FixedText24 = Annotated[str, Column("text_fixed", size=24)]
Hash32 = Annotated[bytes, Column("bytes_fixed", size=32)]
Text = Annotated[str, Column("text")]

NUMPY_CODES = {
    "int8": "i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "uint64": "<u8",
    "float64": "<f8",
    "bool": "?",
    "timestamp": "<i8",
    "date": "<i4",
}
DEFAULT_COLUMNS: dict[Any, Column] = {
    int: Column("int64"),
    float: Column("float64"),
    str: Column("text"),
    bool: Column("bool"),
    datetime.date: Column("date"),
}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row of facts: frozen, named fields only. Base of every event, request, reply and lake row."""


AnyRecord = TypeVar("AnyRecord", bound=Record)


def date_number(date: datetime.date) -> int:
    """Days since 1970-01-01, the form of a business date in arrays.

    >>> date_number(datetime.date(2026, 11, 20))
    20777
    """
    return date.toordinal() - EPOCH_ORDINAL


def number_date(number: int) -> datetime.date:
    """The date that `date_number` gave the number of."""
    return datetime.date.fromordinal(int(number) + EPOCH_ORDINAL)


class Schema(typing.Generic[AnyRecord]):
    """The storage side of one record class: name, columns, and the conversions between its forms.

    Columns stand as fields do, those of a base class first; last where the base says `own_columns_first`.
    """

    def __init__(self, record: type[AnyRecord]) -> None:
        self.record = record
        self.name = record.__name__
        self.columns: dict[str, Column | None] = {}
        self.optional: set[str] = set()
        hints = typing.get_type_hints(record, include_extras=True)
        own_first = getattr(record, "own_columns_first", False)
        for name in sorted(hints, key=lambda name: own_first and name not in record.__annotations__):
            self.columns[name], optional = _column_of(hints[name])
            if optional:
                self.optional.add(name)

    @property
    def is_fixed(self) -> bool:
        """Whether every column has a fixed size, so that the record can be a NumPy row."""
        return not self.optional and all(
            column is not None and column.kind != "text" for column in self.columns.values()
        )

    @functools.cached_property
    def dtype(self) -> np.dtype[Any]:
        """The packed little-endian NumPy dtype. TypeError if a column has no fixed size."""
        import numpy as np

        if not self.is_fixed:
            loose = [
                n for n, c in self.columns.items() if c is None or c.kind == "text" or n in self.optional
            ]
            raise TypeError(f"{self.name} is not a fixed record: {', '.join(loose)}")
        return np.dtype(
            [(name, _numpy_code(column)) for name, column in self.columns.items() if column is not None]
        )

    @functools.cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema, units in the field metadata. TypeError if a column is nested."""
        import pyarrow as pa

        fields = []
        for name, column in self.columns.items():
            if column is None:
                raise TypeError(f"{self.name}.{name} is nested and has no Arrow column")
            metadata = {"unit": column.unit} if column.unit else None
            fields.append(
                pa.field(name, _arrow_type(column), nullable=name in self.optional, metadata=metadata)
            )
        return pa.schema(fields)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of the record as the API doors speak it, with units as `x-unit`."""
        document = msgspec.json.schema(self.record)
        properties = document["$defs"][self.name]["properties"]
        for name, column in self.columns.items():
            if column is not None and column.unit:
                properties[name]["x-unit"] = column.unit
        return document

    def pack(self, records: Iterable[AnyRecord]) -> np.ndarray[Any, np.dtype[Any]]:
        """Records to a structured array; OverflowError or ValueError if a value does not fit its column."""
        import numpy as np

        rows = list(records)
        packed = np.zeros(len(rows), dtype=self.dtype)
        for name, column in self.columns.items():
            values = [getattr(row, name) for row in rows]
            if column is not None and column.kind == "date":
                values = [date_number(value) for value in values]
            elif column is not None and column.kind in ("text_fixed", "bytes_fixed"):
                values = [value if isinstance(value, bytes) else value.encode() for value in values]
                too_long = max(map(len, values), default=0)
                if too_long > column.size:
                    raise ValueError(f"{self.name}.{name}: {too_long} bytes do not fit in {column.size}")
            packed[name] = values
        return packed

    def unpack(self, packed: np.ndarray[Any, np.dtype[Any]]) -> list[AnyRecord]:
        """A structured array back to records; the inverse of `pack`.

        Bytes that no record would pack to (a refused command's) stay visible: an unknown enum value as its number,
        bytes that are no UTF-8 escaped.
        """
        lists: list[Sequence[Any]] = []
        hints = typing.get_type_hints(self.record)
        for name, column in self.columns.items():
            values: list[Any] = packed[name].tolist()
            if column is not None and column.kind == "date":
                values = [number_date(value) for value in values]
            elif column is not None and column.kind == "text_fixed":
                values = [value.decode(errors="backslashreplace") for value in values]
            elif hints[name] not in (int, float, bool, bytes):
                known = {member.value: member for member in hints[name]}
                values = [known.get(value, value) for value in values]
            lists.append(values)
        names = tuple(self.columns)
        return [self.record(**dict(zip(names, row, strict=True))) for row in zip(*lists, strict=True)]

    def to_arrow(self, packed: np.ndarray[Any, np.dtype[Any]]) -> pa.Table:
        """A structured array to an Arrow table with the same columns."""
        import numpy as np
        import pyarrow as pa

        arrays = []
        for field in self.arrow:
            values: Any = np.ascontiguousarray(packed[field.name])
            if values.dtype.kind == "S" and pa.types.is_string(field.type):
                values = np.char.decode(values, "utf-8").astype(object)
            elif values.dtype.kind == "V":
                values = values.astype(object)
            arrays.append(pa.array(values).cast(field.type))
        return pa.Table.from_arrays(arrays, schema=self.arrow)


@functools.cache
def schema_of(record: type[AnyRecord]) -> Schema[AnyRecord]:
    """The schema of a record class, made once."""
    return Schema(record)


def _column_of(hint: Any) -> tuple[Column | None, bool]:
    """The column of a type hint, and whether None is allowed; no column when the field is nested."""
    if typing.get_origin(hint) is Annotated:
        base, *extras = typing.get_args(hint)
        for extra in extras:
            if isinstance(extra, Column):
                return extra, False
        return _column_of(base)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(inner) == 1:
            return _column_of(inner[0])[0], True
        return None, False
    return DEFAULT_COLUMNS.get(hint), False


def _numpy_code(column: Column) -> str:
    if column.kind == "bytes_fixed":
        return f"V{column.size}"  # NumPy's S would lose zeros at the end
    return f"S{column.size}" if column.kind == "text_fixed" else NUMPY_CODES[column.kind]


def _arrow_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    if column.kind == "bytes_fixed":
        return pa.binary(column.size)
    if column.kind in ("text", "text_fixed"):
        return pa.string()
    if column.kind == "timestamp":
        return pa.timestamp("ns", tz="UTC")
    if column.kind == "date":
        return pa.date32()
    return pa.type_for_alias(column.kind)
