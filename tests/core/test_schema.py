"""One declaration, four forms."""

from __future__ import annotations

import datetime
from enum import IntEnum
from typing import Annotated

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.schema import (
    BusinessDate,
    Column,
    FixedText12,
    Flag,
    Hash32,
    Int32,
    Money,
    Record,
    Text,
    Timestamp,
    date_number,
    number_date,
    schema_of,
)


class Colour(IntEnum):
    RED = 1
    GREEN = 2


class Sample(Record, frozen=True, kw_only=True):
    number: Int32
    amount: Money
    on: BusinessDate
    at: Timestamp
    code: FixedText12
    ok: Flag
    digest: Hash32
    colour: Annotated[Colour, Column("int8")]


class Loose(Record, frozen=True, kw_only=True):
    note: Text
    due: BusinessDate | None = None


int64 = st.integers(-(2**63), 2**63 - 1)
samples = st.builds(
    Sample,
    number=st.integers(-(2**31), 2**31 - 1),
    amount=int64,
    on=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
    at=int64,
    code=st.text("ABC0129.", max_size=12),
    ok=st.booleans(),
    digest=st.binary(min_size=32, max_size=32),
    colour=st.sampled_from(Colour),
)


@given(st.lists(samples, max_size=5))
def test_pack_then_unpack_gives_the_records_back(rows: list[Sample]) -> None:
    packed = schema_of(Sample).pack(rows)
    assert packed.dtype.itemsize == 4 + 8 + 4 + 8 + 12 + 1 + 32 + 1
    assert schema_of(Sample).unpack(packed) == rows


def test_arrow_has_the_same_columns_with_units() -> None:
    row = Sample(
        number=1,
        amount=5,
        on=datetime.date(2026, 11, 20),
        at=7,
        code="2330",
        ok=True,
        digest=b"x" * 32,
        colour=Colour.RED,
    )
    table = schema_of(Sample).to_arrow(schema_of(Sample).pack([row]))
    assert table.to_pylist()[0]["on"] == datetime.date(2026, 11, 20)
    assert table.schema.field("amount").metadata == {b"unit": b"1e-4 of the currency"}
    assert table.schema.field("at").type == pa.timestamp("ns", tz="UTC")
    assert table.schema.names == list(schema_of(Sample).dtype.names)


def test_bytes_keep_the_zeros_at_their_end() -> None:
    row = Sample(
        number=1, amount=5, on=datetime.date(2026, 11, 20), at=7, code="", ok=True, digest=b"x" * 30 + b"\0\0",
        colour=Colour.RED,
    )  # fmt: skip
    packed = schema_of(Sample).pack([row])
    assert schema_of(Sample).unpack(packed) == [row]
    assert schema_of(Sample).to_arrow(packed)["digest"].to_pylist() == [row.digest]


def test_json_schema_names_units() -> None:
    document = schema_of(Sample).json_schema()
    assert document["$defs"]["Sample"]["properties"]["amount"]["x-unit"] == "1e-4 of the currency"


@pytest.mark.parametrize(("number", "code"), [(2**31, "a"), (0, "a" * 13)])
def test_pack_with_a_value_that_does_not_fit_is_refused(number: int, code: str) -> None:
    row = Sample(
        number=number,
        amount=5,
        on=datetime.date(2026, 1, 1),
        at=7,
        code=code,
        ok=True,
        digest=b"x" * 32,
        colour=Colour.RED,
    )
    with pytest.raises((OverflowError, ValueError)):
        schema_of(Sample).pack([row])


def test_open_size_columns_are_no_fixed_record_but_have_arrow() -> None:
    schema = schema_of(Loose)
    assert not schema.is_fixed
    with pytest.raises(TypeError, match="note"):
        _ = schema.dtype
    assert schema.arrow.field("due").nullable
    assert not schema.arrow.field("note").nullable


@given(st.dates())
def test_date_numbers_are_arrow_and_numpy_days(date: datetime.date) -> None:
    assert number_date(date_number(date)) == date
    assert np.datetime64(date, "D").astype(int) == date_number(date)


def test_bytes_that_no_record_packs_to_stay_visible() -> None:
    packed = np.zeros(1, dtype=schema_of(Sample).dtype)
    packed["colour"], packed["code"] = 9, b"\xff\xfe"
    (row,) = schema_of(Sample).unpack(packed)
    assert row.colour == 9
    assert row.code == "\\xff\\xfe"
