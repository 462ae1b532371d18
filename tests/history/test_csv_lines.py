"""Cutting: every good line comes through, every broken one is named by its line, whatever stands around it."""

from __future__ import annotations

import csv

from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.csv_lines import cut
from tallystick.history.loading.opening import open_file, take_file

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
    (source,) = open_file(take_file(path), ColumnMapping(), lambda names: 0)
    assert source.header == ["a", "b"]
    for number, row in enumerate(rows, 2):
        assert [source.cell(number, [place]) for place in (0, 1)] == row
