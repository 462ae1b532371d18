"""DBF tables of depositories: letters of any encoding, names of fields included, and no record left out in silence."""

from __future__ import annotations

import struct

import pytest

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.load import load_files

CONTACT = [
    ("CONTACT", 10),
    ("CLIENT", 10),
    ("TS", 20),
    ("CHANNEL", 10),
    ("KIND", 10),
    ("TOPIC", 24),
    ("NOTE", 24),
]
PRICE = [("證券代號", 10), ("日期", 8), ("開盤價", 8), ("最高價", 8), ("最低價", 8), ("收盤價", 8)]


def dbf(fields, rows, *, encoding="big5", language=0, stated=None):
    width = 1 + sum(size for _, size in fields)
    head = 32 + 32 * len(fields) + 1
    data = struct.pack(
        "<BBBBIHH17xB2x", 3, 126, 11, 19, len(rows) if stated is None else stated, head, width, language
    )
    for name, size in fields:
        data += struct.pack("<11sc4xBB14x", name.encode(encoding), b"C", size, 0)
    cells = (
        (cell if isinstance(cell, bytes) else cell.encode(encoding)).ljust(size)
        for row in rows
        for cell, (_, size) in zip(row, fields, strict=True)
    )
    body = b"".join(cells)
    size = width - 1
    return (
        data
        + b"\x0d"
        + b"".join(b" " + body[begin : begin + size] for begin in range(0, len(body), size))
        + b"\x1a"
    )


def contact(number, topic, note=""):
    return (f"C-{number}", "K-1", "2026-11-16 09:10:00", "phone", "complaint", topic, note)


@pytest.fixture
def load(context, tmp_path):
    """Load a table of contacts or of prices."""

    def loaded(data, dataset="history.client_contacts", **mapping):
        path = tmp_path / "p.dbf"
        path.write_bytes(data)
        return load_files(context, dataset, [path], ColumnMapping(**mapping))

    return loaded


def topics(context):
    return context.lake.scan("history.client_contacts", columns=["topic"], order=["contact"])[
        "topic"
    ].to_pylist()


def warned(report):
    return [
        (one.code, one.column, one.warning)
        for one in report.warnings
        if one.code in ("history.encoding_guessed", "history.letters_unknown", "history.record_count")
    ]


LONG = {
    "gb18030": "交易费用投诉处理说明书",
    "big5": "手續費申訴案件處理說明書",
    "utf-8": "手續費申訴案件",
}


@pytest.mark.parametrize("encoding", LONG)
@pytest.mark.parametrize("language", [0, 0x03])
def test_encoding_is_found_out_where_the_header_does_not_say_it(context, load, encoding, language):
    topic = LONG[encoding]
    data = dbf(CONTACT, [contact(1, topic, topic), contact(2, topic)], encoding=encoding, language=language)
    report = load(data)
    assert (report.loaded, topics(context), warned(report)) == (2, [topic] * 2, [])
    assert report.files[0].encoding == {"big5": "cp950"}.get(encoding, encoding)


def test_a_guess_is_told_and_a_mapping_or_a_right_header_is_none(context, load):
    rows = [contact(1, "中国")]
    report = load(dbf(CONTACT, rows, encoding="gb18030"))
    assert [code for code, _, _ in warned(report)] == ["history.encoding_guessed"]
    assert warned(load(dbf(CONTACT, [contact(2, "中国")], encoding="gb18030"), encoding="gb18030")) == []
    assert warned(load(dbf(CONTACT, [contact(3, "中国")], encoding="gb18030", language=0x7A))) == []
    assert topics(context)[1:] == ["中国", "中国"]


def test_a_header_that_its_letters_speak_against_is_doubted(load):
    topic = LONG["gb18030"]
    report = load(dbf(CONTACT, [contact(1, topic, topic)], encoding="gb18030", language=0x78))
    assert warned(report)[0][:2] == ("history.encoding_guessed", "cp950")


@pytest.mark.parametrize("language", [0, 0x78])
def test_a_row_of_another_encoding_is_set_aside_where_it_is_needed(context, load, language):
    rows = [
        contact(1, LONG["big5"]),
        contact(2, "費用".encode()),
        contact(3, "手續費", "費用".encode()),
        contact(4, LONG["big5"]),
    ]
    report = load(dbf(CONTACT, rows, language=language))
    assert [(one.row, one.column, one.code) for one in report.reasons] == [
        (2, "topic", "history.row_encoding")
    ]
    assert topics(context) == [LONG["big5"], "手續費", LONG["big5"]]
    (unknown,) = warned(report)
    assert unknown[0] == "history.letters_unknown"


@pytest.mark.parametrize("encoding", ["big5", "utf-8"])
def test_names_of_fields_are_read_like_the_texts(context, load, encoding):
    fields = [field for field in PRICE if encoding == "big5" or len(field[0]) < 4] + (
        [] if encoding == "big5" else [("代號", 10)]
    )
    cells = {"證券代號": "9903", "代號": "9903", "日期": "20261119"}
    row = [cells.get(name, "10.5") for name, _ in fields]
    report = load(dbf(fields, [row], encoding=encoding), "history.bars_daily", suffix=".XTAI")
    assert (report.loaded, report.quarantined) == (1, 0)


def test_a_field_that_comes_twice_is_refused(load):
    with pytest.raises(TallystickError, match="2 times"):
        load(dbf([*CONTACT, ("TOPIC", 24)], [(*contact(1, "a"), "b")]))


def test_records_that_the_header_does_not_count_are_read_and_told(context, load):
    rows = [contact(number, "a") for number in range(10)]
    report = load(dbf(CONTACT, rows, stated=4))
    told = "The table's header counts 4 records, and 10 are there; all were read."
    assert (report.loaded, warned(report)) == (10, [("history.record_count", "4", told)])


def test_blank_cells_are_no_values(context, load):
    report = load(dbf(CONTACT, [contact(1, ""), contact(2, "\0" * 24), contact(3, " a b ")]))
    assert (report.loaded, topics(context)) == (3, [None, None, "a b"])
