"""Fixed-width and delimited files round-trip in every field, and say what is wrong with a damaged one."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import NotFound, TallystickError
from tallystick.wire import Layout, find_layout, read_file, write_file
from tallystick.wire.layout import layout_names, parse_layouts

TEXT = """
file = "test"
title = "Test"
source = "made up"
status = "made up"
encoding = "cp950"
[[versions]]
valid_from = 2020-01-01
form = "{form}"
header = [{{name = "record", width = 1, constant = "1"}}, {{name = "day", kind = "date", form = "roc", width = 7}}]
body = [
    {{name = "record", width = 1, constant = "2"}},
    {{name = "holder", width = 10}},
    {{name = "side", kind = "choice", width = 1, values = {{B = 1, S = 2}}}},
    {{name = "shares", kind = "integer", width = 9}},
    {{name = "blank", kind = "filler", width = 2}},
    {{name = "amount", kind = "money", width = 12, decimals = 2, signed = true}},
    {{name = "day", kind = "date", width = 8}},
    {{name = "at", kind = "time", width = 9, decimals = 3}},
]
trailer = [
    {{name = "record", width = 1, constant = "9"}},
    {{name = "count", kind = "integer", width = 6, total = "count"}},
    {{name = "sum", kind = "money", width = 14, decimals = 2, signed = true, total = "amount"}},
]
"""
SCHEMA = pa.schema([
    ("holder", pa.string()), ("side", pa.int64()), ("shares", pa.int64()), ("amount", pa.int64()),
    ("day", pa.date32()), ("at", pa.int64()),
])  # fmt: skip
WORDS = st.text("甲乙丙丁戊 AZaz09\"',;:", max_size=5).filter(lambda text: text == text.rstrip(" "))
ROWS = st.fixed_dictionaries({
    "holder": WORDS,
    "side": st.sampled_from([1, 2]),
    "shares": st.integers(0, 999_999_999),
    "amount": st.integers(-99_999_999_999, 99_999_999_999).map(lambda cents: cents * 100),
    "day": st.dates(datetime.date(1912, 1, 1), datetime.date(2999, 12, 31)) | st.none(),
    "at": st.integers(0, 86_399_999).map(lambda thousandths: thousandths * 1_000_000) | st.none(),
})  # fmt: skip


def layout_of(form: str) -> Layout:
    return parse_layouts(TEXT.format(form=form))[0]


@pytest.mark.parametrize("form", ["fixed", "delimited"])
@settings(deadline=None)
@given(rows=st.lists(ROWS, max_size=20))
def test_file_round_trips_in_every_field(form, rows):
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    day = datetime.date(2026, 11, 20)
    read = read_file(layout_of(form), write_file(layout_of(form), table, header={"day": day}))
    assert read.rows.to_pylist() == rows
    assert read.header == ({"day": day} if form == "fixed" else {})
    assert not read.faults
    assert not read.unknown
    assert read.is_proved
    assert [proof.computed for proof in read.proofs] == [len(rows), sum(row["amount"] for row in rows)]


def test_fixed_record_is_cut_in_bytes_before_it_is_decoded():
    table = pa.Table.from_pylist(
        [{"holder": "甲乙", "side": 1, "shares": 5, "amount": -12_300}], schema=SCHEMA
    )
    record = write_file(layout_of("fixed"), table, header={"day": datetime.date(2026, 11, 20)}).split(b"\r\n")
    assert record[0] == b"11151120"
    assert record[1] == "2甲乙".encode("cp950") + b"      B000000005  -00000000123" + b" " * 17


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"shares": 1_000_000_000}, "wire.too_wide"),
        ({"shares": -1}, "wire.too_wide"),
        ({"amount": 1}, "wire.inexact"),
        ({"at": 1}, "wire.inexact"),
        ({"holder": "甲乙丙丁戊己"}, "wire.too_wide"),
        ({"holder": "ก"}, "wire.not_encodable"),
        ({"holder": "blank "}, "wire.not_encodable"),
        ({"holder": "line\nbreak"}, "wire.not_encodable"),
        ({"side": 3}, "wire.not_encodable"),
    ],
)
def test_value_that_would_not_read_back_is_refused(row, code):
    whole = {"holder": "", "side": 1, "shares": 0, "amount": 0, "day": None, "at": None} | row
    with pytest.raises(TallystickError) as caught:
        write_file(layout_of("fixed"), pa.Table.from_pylist([whole], schema=SCHEMA))
    assert caught.value.code == code


def three_rows(form: str) -> bytes:
    rows = [
        {"holder": name, "side": 1, "shares": 1, "amount": 10_000, "day": None, "at": None}
        for name in "甲乙丙"
    ]
    return write_file(layout_of(form), pa.Table.from_pylist(rows, schema=SCHEMA), header={"day": None})


@pytest.mark.parametrize("form", ["fixed", "delimited"])
def test_bad_rows_are_listed_and_good_ones_read(form):
    data = three_rows(form).replace("乙".encode("cp950"), b"\xff\xff")
    read = read_file(layout_of(form), data)
    assert read.rows["holder"].to_pylist() == ["甲", "丙"]
    assert read.lines == [2, 4]
    assert [fault.line for fault in read.faults] == [3]
    assert not read.is_proved


@pytest.mark.parametrize("form", ["fixed", "delimited"])
def test_cut_file_lacks_its_trailer(form):
    data = three_rows(form)
    read = read_file(layout_of(form), data[: data.rindex("丙".encode("cp950"))])
    assert [fault.reason.code for fault in read.faults][-1] == "wire.no_trailer"
    assert [(proof.stated, proof.computed) for proof in read.proofs] == [(None, 2), (None, 20_000)]
    assert not read.is_proved


def test_empty_file_is_read_as_nothing():
    for form in ("fixed", "delimited"):
        read = read_file(layout_of(form), b"")
        assert read.rows.num_rows == 0
        assert not read.is_proved


def test_longer_lines_and_other_columns_are_reported_and_read():
    longer = three_rows("fixed").replace(b"\r\n", b"XX\r\n")
    read = read_file(layout_of("fixed"), longer)
    assert read.rows.num_rows == 3
    assert [(one.line, one.count) for one in read.unknown] == [(1, 1), (2, 3), (5, 1)]
    lines = three_rows("delimited").decode("cp950").split("\r\n")
    wider = "\r\n".join([f"extra,{lines[0]}", *(f"1,{line}" for line in lines[1:4]), lines[4], ""])
    read = read_file(layout_of("delimited"), wider.encode("cp950"))
    assert read.rows["holder"].to_pylist() == ["甲", "乙", "丙"]
    assert [one.what for one in read.unknown] == ["column extra"]
    assert read.is_proved


def test_every_shipped_layout_reads_and_is_found_by_date():
    names = layout_names()
    assert names
    for name in names:
        layout = find_layout(name, datetime.date(2026, 11, 20))
        assert layout.file == name
        assert layout.form == "delimited" or all(field.width for field in layout.body)
        for field in (*layout.header, *layout.body, *layout.trailer):
            assert field.kind in ("text", "choice", "filler") or field.width - field.signed <= 18
        totals = {field.total for field in layout.trailer} - {""}
        assert totals <= {"count"} | {field.name for field in layout.body}


def test_every_field_of_every_layout_is_in_the_reference():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    sections = {part.partition("`")[0]: part for part in page.split("\n## `")[1:]}
    assert sorted(sections) == layout_names()
    for name, section in sections.items():
        layout = find_layout(name, datetime.date(2026, 11, 20))
        assert str(layout.valid_from) in section
        for field in (*layout.header, *layout.body, *layout.trailer):
            row = (
                f"| `{field.name}` | {field.title} |" if layout.form == "delimited" else f"| `{field.name}` |"
            )
            assert row in section, f"{name}.{field.name}"
            assert layout.form == "delimited" or f"| {field.width} |" in section


def test_mark_of_the_encoding_stands_once_at_the_front():
    layout = parse_layouts(TEXT.format(form="delimited").replace('"cp950"', '"utf-8-sig"'))[0]
    data = write_file(layout, pa.Table.from_pylist([], schema=SCHEMA))
    assert data.count("\ufeff".encode()) == 1
    assert read_file(layout, data).is_proved


def test_unknown_layout_names_the_nearest():
    with pytest.raises(NotFound) as caught:
        find_layout("exchange.execution", datetime.date(2026, 11, 20))
    assert caught.value.values["near"] == "exchange.executions"
    with pytest.raises(NotFound) as caught:
        find_layout("exchange.executions", datetime.date(1990, 1, 1))
    assert caught.value.code == "wire.no_layout_yet"


def test_layout_with_an_unknown_key_is_refused():
    with pytest.raises(TallystickError) as caught:
        parse_layouts(TEXT.format(form="fixed").replace("width = 10", "breadth = 10"))
    assert caught.value.code == "wire.bad_layout"
