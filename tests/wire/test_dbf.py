"""DBF tables: every record that is there is read, as the bytes that stand in it."""

from __future__ import annotations

import struct

import pytest

from tallystick.core.errors import TallystickError
from tallystick.wire import read_dbf

KEPT, DELETED = b" ", b"*"


def dbf(records, *, stated=None, language=0, kind=b"C", end=b"\x1a"):
    stated = len(records) if stated is None else stated
    head = struct.pack("<BBBBIHH17xB2x", 3, 126, 11, 19, stated, 32 + 2 * 32 + 1, 1 + 6, language)
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name, kind, 3, 0) for name in (b"CODE", "代號".encode("big5"))
    )
    return head + fields + b"\x0d" + b"".join(records) + end


def codes(table):
    return [row.tobytes() for row in table.cells(table.fields[0])]


def test_names_and_cells_are_given_as_they_stand():
    table = read_dbf(
        dbf([KEPT + b"a  \xa4\xa4 ", DELETED + b"b    1", KEPT + b"c     "], language=0x78), "t.dbf"
    )
    assert [field.name for field in table.fields] == [b"CODE", "代號".encode("big5")]
    assert codes(table) == [b"a  ", b"c  "]
    assert table.cells(table.fields[1])[0].tobytes() == b"\xa4\xa4 "
    assert (table.encoding, table.stated, table.held) == ("cp950", 3, 3)
    assert read_dbf(dbf([]), "t.dbf").encoding == ""


@pytest.mark.parametrize(
    ("behind", "held"),
    [
        (b"\x1a", 1),
        (KEPT + b"b     \x1a", 2),
        (KEPT + b"b     ", 2),
        (DELETED + b"b     " + KEPT + b"c     ", 3),
        (b"\x1a" + KEPT + b"b     ", 1),
        (b"\0" * 14, 1),
        (b" " * 14, 1),
        (KEPT + b"b    ", 1),
    ],
)
def test_whole_records_behind_those_that_are_counted_are_read(behind, held):
    table = read_dbf(dbf([KEPT + b"a     "], end=behind), "t.dbf")
    assert (table.stated, table.held) == (1, held)
    assert codes(table) == [b"a  ", b"b  ", b"c  "][:1] + (
        [b"b  "] if held == 2 else [b"c  "] if held == 3 else []
    )


def test_what_is_no_table_is_told():
    for data, problem in [
        (b"", "first byte"),
        (b"\x07" + bytes(40), "first byte"),
        (dbf([KEPT + b"a     "], stated=4), "says 4 records and holds 1"),
        (dbf([], kind=b"M"), "field CODE is of the binary kind M"),
        (struct.pack("<BBBBIHH20x", 3, 126, 11, 19, 0, 33, 1) + b"\x0d", "names no fields"),
    ]:
        with pytest.raises(TallystickError, match=problem):
            read_dbf(data, "t.dbf")
