"""Cutting: every good line comes through, every broken one is named by its line, whatever stands around it."""

from __future__ import annotations

import csv

from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.history.loading.csv_lines import cut
from tallystick.history.loading.sources import open_file

FIELD = st.sampled_from(["1", "", "a b", '"x,y"', '"say ""hi"""', "股", '="0050"', "-"])
GOOD = st.lists(FIELD, min_size=3, max_size=3).map(",".join)
BROKEN = st.sampled_from(["1,2", "1,2,3,4", '"open,2,3', '1,"2,3,4', ",,,,"])
BLANK = st.sampled_from(["", "  ", "\t"])
LINE = st.one_of(GOOD.filter(str.strip), BROKEN, BLANK)


@settings(deadline=None)
@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_cut_is_a_loop_over_lines(lines, ending, ends, mark):
    text = ("\ufeff" if mark else "") + ending.join(["a,b,c", *lines]) + (ending if ends else "")
    found = cut("f.csv", text.encode())
    good, broken = [], []
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        if line.count('"') % 2:
            broken.append((number, "history.row_quotes"))
        elif len(next(csv.reader([line]))) != 3:
            broken.append((number, "history.row_fields"))
        else:
            good.append((number, line))
    assert found.header == ["a", "b", "c"]
    assert list(found.rows) == [number for number, _ in good]
    assert found.body.decode().splitlines() == [line for _, line in good]
    assert [(line.row, line.code) for line in found.broken] == broken
    for number, line in good:
        assert found.line(number) == line


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
    source = open_file(path, b"")
    assert [[value or "" for value in row] for row in source.frame.rows()] == rows
    assert list(source.rows) == list(range(2, len(rows) + 2))
