"""Tables larger than memory leave the house piece by piece."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table
from tallystick.gateway.replies import FORMATS, STREAMED, plain

SCHEMA = pa.schema([("n", pa.int64())])


@pytest.mark.parametrize("form", sorted(STREAMED))
def test_rows_are_sent_while_later_ones_are_not_read_yet(form):
    drawn = []

    def batches():
        for number in range(4):
            drawn.append(number)
            yield pa.record_batch([[number] * 10_000], schema=SCHEMA)

    reply = Table(pa.RecordBatchReader.from_batches(SCHEMA, batches()), total_rows=40_000)
    assert repr(reply) == "40000 rows of n"
    pieces = FORMATS[form](reply)
    begun = next(pieces)
    assert len(begun) > 100
    assert drawn == [0]
    whole = io.BytesIO(begun + b"".join(pieces))
    found = parquet.read_table(whole) if "parquet" in form else pa.ipc.open_stream(whole).read_all()
    assert found["n"].to_pylist() == [n for n in range(4) for _ in range(10_000)]


def test_a_reader_serves_the_other_forms_too():
    def make():
        batches = [pa.record_batch([[1, 2]], schema=SCHEMA)]
        return Table(pa.RecordBatchReader.from_batches(SCHEMA, batches), total_rows=2)

    assert make().rows() == [{"n": 1}, {"n": 2}]
    assert b"".join(FORMATS["text/csv"](make())) == b"n\n1\n2\n"
    reply = make()
    assert reply.arrow.equals(reply.arrow)
    assert [batch.num_rows for batch in reply.batches()] == [2]


def test_a_stream_is_read_once():
    reply = Table(
        pa.RecordBatchReader.from_batches(SCHEMA, [pa.record_batch([[1]], schema=SCHEMA)]), total_rows=1
    )
    assert [batch.num_rows for batch in reply.batches()] == [1]
    for again in (reply.rows, lambda: list(reply.batches())):
        with pytest.raises(TallystickError, match="read already"):
            again()


def test_spans_of_time_and_titles_are_told_in_json():
    span = pa.array([pa.MonthDayNano([1, 2, 3_000_000_004]), None])
    reply = Table(pa.table({"age": span}), title="Ages")
    found = plain(reply)
    assert (found["title"], found["rows"]) == ("Ages", [["P1M2DT3.000000004S"], [None]])
    assert b"P1M2DT3.000000004S" in b"".join(FORMATS["text/csv"](reply))


@pytest.mark.parametrize(
    ("unit", "values", "written"),
    [
        ("1e-4 of the currency", [1_512_705_956_800, -1, None], ["151270595.6800", "-0.0001", ""]),
        ("parts per 10,000", [312.4567, 10_000.0], ["0.03124567", "1.00000"]),
        ("1e-8", [10_000_000, -150_000_000], ["0.10000000", "-1.50000000"]),
        ("units (shares, contracts)", [1000], ["1000"]),
    ],
)
def test_what_counts_parts_of_one_is_written_out_for_spreadsheets(unit, values, written):
    column = pa.array(values)
    table = pa.table([column], pa.schema([pa.field("n", column.type, metadata={"unit": unit})]))
    lines = b"".join(FORMATS["text/csv"](Table(table))).decode().splitlines()
    assert [line.strip('"') for line in lines[1:]] == written
