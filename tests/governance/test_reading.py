"""The cells of onboarding files: what reads, and the reason that each kind of bad cell gets."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tallystick.governance.onboarding.layout import FILES
from tallystick.governance.onboarding.reading import read_file

GOOD = {
    "accounts": "9801-1,P1,1,client,2020-01-02",
    "margin_contracts": "71,9801-1,9901.XTAI,financing,1000,30000,0,0.6,2026-09-01,2027-03-01",
    "limits": "9801-1,normal,4990000,1000000,7",
}


def read(folder, name, *lines):
    file = next(file for file in FILES if file.name == name)
    path = folder / f"{name}.csv"
    path.write_text("\n".join([",".join(file.columns), *lines, ""]), encoding="utf-8")
    return read_file(file, path)


@pytest.mark.parametrize("name", GOOD)
def test_good_rows_read(tmp_path: Path, name):
    good, bad = read(tmp_path, name, GOOD[name])
    assert [line for line, _ in good] == [2]
    assert not bad


def test_cells_become_typed_values(tmp_path: Path):
    ((_, row),), _ = read(tmp_path, "accounts", GOOD["accounts"])
    assert (row.branch, row.kind, row.opened_on) == (1, "client", datetime.date(2020, 1, 2))


@pytest.mark.parametrize(
    ("name", "old", "new", "column", "code"),
    [
        ("accounts", "9801-1", "", "account", "empty"),
        ("accounts", "9801-1", "9801-1-much-too-long", "account", "bad_text"),
        ("accounts", "9801-1", "帳號一", "account", "bad_text"),
        ("accounts", ",1,", ",one,", "branch", "not_whole"),
        ("accounts", ",1,", ",40000,", "branch", "too_large"),
        ("accounts", ",1,", ",-1,", "branch", "too_small"),
        ("accounts", "client", "friend", "kind", "choice"),
        ("accounts", "2020-01-02", "2020-02-30", "opened_on", "not_a_date"),
        ("accounts", "2020-01-02", "2020-01-02,more", "", "cells"),
        ("margin_contracts", "71", "0", "contract", "too_small"),
        ("margin_contracts", "71", str(2**62), "contract", "too_large"),
        ("margin_contracts", "30000", "30000.00001", "amount", "not_an_amount"),
        ("margin_contracts", "30000", str(2**60), "amount", "too_large"),
        ("margin_contracts", "0.6", "300000", "ratio", "too_large"),
        ("limits", "normal", "Normal", "status", "choice"),
    ],
)
def test_bad_cell_is_a_bad_row_with_its_reason(tmp_path: Path, name, old, new, column, code):
    good, (fault,) = read(tmp_path, name, GOOD[name].replace(old, new, 1))
    assert not good
    said = fault.said("en")
    assert (said.file, said.line, said.column, said.code) == (name, 2, column, f"onboarding.{code}")
    assert "{" not in said.reason + said.remedy
    assert said.reason != fault.said("zh_Hant").reason


def test_choice_names_what_may_stand_there(tmp_path: Path):
    _, (fault,) = read(tmp_path, "limits", GOOD["limits"].replace("normal", "open"))
    assert fault.said("en").remedy == "Write one of: normal, blocked, sell_only."


def test_second_row_of_a_key_is_bad(tmp_path: Path):
    good, (fault,) = read(tmp_path, "limits", GOOD["limits"], GOOD["limits"].replace("normal", "blocked"))
    assert len(good) == 1
    assert (fault.line, fault.said("en").reason) == (3, "The row repeats an earlier one: 9801-1.")
