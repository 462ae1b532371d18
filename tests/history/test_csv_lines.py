"""Cutting: every good line comes through, every broken one is named by its line, whatever stands around it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.csv_lines import cut
from tallystick.history.loading.load import load_files
from tallystick.history.loading.opening import openings, take_file

FIELD = st.sampled_from(["1", "", "a b", '"x,y"', '"say ""hi"""', "股", '="0050"', "-"])
GOOD = st.lists(FIELD, min_size=3, max_size=3).map(",".join)
BROKEN = st.sampled_from(["1,2", "1,2,3,4", '"open,2,3', '1,"2,3,4', ",,,,"])
TRAILING = st.sampled_from(["1,2,3,", ",,,"])
BLANK = st.sampled_from(["", "  ", "\t"])
LINE = st.one_of(GOOD.filter(str.strip), BROKEN, TRAILING, BLANK)


@settings(deadline=None)
@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_cut_is_a_loop_over_lines(lines, ending, ends):
    text = ending.join(lines) + (ending if ends and lines else "")
    found = cut(text.encode(), 3, ",", 2)
    good, broken = [], []
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        cells = next(csv.reader([line]))
        if line.count('"') % 2:
            broken.append((number, "history.row_quotes"))
        elif len(cells) == 4 and not cells[3]:
            good.append((number, line[:-1]))
        elif len(cells) != 3:
            broken.append((number, "history.row_fields"))
        else:
            good.append((number, line))
    assert list(found.rows) == [number for number, _ in good]
    assert found.body.decode().splitlines() == [line for _, line in good]
    assert [(line.row, line.code) for line in found.broken] == broken


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters='\n\r\x00"', exclude_categories=["Cs"]), max_size=5),
            min_size=2,
            max_size=2,
        ),
        max_size=8,
    )
)
def test_quoted_fields_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b"], *rows])
    (source,) = (opened() for opened in openings(take_file(path), ColumnMapping(), lambda names: 0))
    assert source.header == ["a", "b"]
    for number, row in enumerate(rows, 2):
        assert [source.cell(number, [place]) for place in (0, 1)] == row


HEADER = "symbol,date,note,open,high,low,close,volume"
ROW = '9901.XTAI,2026-11-{day:02},"{note}",100,{high},99,100,10'


@pytest.mark.parametrize("rows", [3, 30_000])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_text_in_quotation_marks_goes_on_in_the_next_lines(context, known_at, tmp_path, rows, ending):
    lines = [
        HEADER,
        ROW.format(day=17, note="one", high=101),
        ROW.format(day=18, note=f"two{ending}{ending}lines, and a comma", high=101),
        ROW.format(day=19, note=f"two{ending}lines", high=1),
        *[ROW.format(day=17, note="one", high=101)] * rows,
    ]
    path = tmp_path / "notes.csv"
    path.write_bytes(ending.join([*lines, ""]).encode())
    report = load_files(context, "history.bars_daily", [path], ColumnMapping(), known_at)
    assert (report.loaded, report.duplicates) == (2, rows)
    (faulty,) = report.reasons
    assert (faulty.row, faulty.column, faulty.value) == (6, "high", "1")
    waiting = context.lake.scan("history.quarantine", columns=["text"])["text"].to_pylist()
    assert [text.splitlines() for text in waiting] == [lines[3].splitlines()]


@pytest.mark.parametrize(
    "lines",
    [
        ['1,2,"open', '3,4,closed"'],  # a row of its own, which would be lost
        ['1,2,5" x', '6" y'],
        ['1,2,"open', '"not closed'],
        ['1,"open', 'closed"'],
        ['1,2,"open', *["between"] * 100, 'closed"'],
    ],
)
def test_lines_that_are_not_surely_one_row_are_set_aside(lines):
    found = cut("\n".join(["7,8,9", *lines, "7,8,9"]).encode(), 3, ",")
    assert found.rows.tolist() == [1, len(lines) + 2]
    assert {1, len(lines)} <= {line.row - 1 for line in found.broken}


NOTE = st.lists(st.sampled_from(["a", "\n", "\r\n", ",", '"', "股"]), max_size=4).map("".join)


@settings(deadline=None)
@given(st.lists(NOTE, max_size=8))
def test_written_notes_come_back_or_are_set_aside(notes):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(
        [str(number), note, "x", "y", "z"] for number, note in enumerate(notes)
    )
    found = cut(file.getvalue().encode(), 5, ",")
    rows = list(csv.reader(io.StringIO(found.body.decode(), newline="")))
    assert [row[1] for row in rows] == [notes[int(row[0])] for row in rows]
    assert len(rows) == len(found.rows)
    assert len(rows) == len(notes) or found.broken
