"""What `call` refuses before any operation runs, and the remedies it names."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.text import render
from tallystick.firm import Firm


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("ledger.accounts", {"limit": -4}),
        ("ledger.accounts", {"offset": -1}),
        ("journal.batches", {"limit": -1}),
        ("journal.batch", {"seq": 1, "first": -1}),
    ],
)
def test_a_page_before_the_first_row_is_refused(firm: Firm, name: str, fields: dict[str, int]) -> None:
    with pytest.raises(TallystickError, match=rf"{name}: \w+ cannot be -\d\. Give 0 or more\."):
        firm.call(name, **fields)


def test_a_page_of_no_rows_is_no_fault(firm: Firm) -> None:
    assert firm.call("ledger.accounts", limit=0).rows() == []


def test_the_remedy_names_the_nearest_or_a_few_or_nothing() -> None:
    many = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
    assert suggestion("gama", many) == ("Did you mean {near}?", {"near": "gamma"})
    remedy, values = suggestion("q", many)
    assert remedy.format(**values) == "There are 6, such as alpha, beta, gamma, delta, epsilon."
    assert suggestion("q", many[:2]) == ("Choose one of {some}.", {"some": "alpha, beta"})
    assert suggestion("q", []) == ("", {})


def test_nothing_near_is_never_called_none(firm: Firm) -> None:
    with pytest.raises(NotFound) as refused:
        firm.call("qqqqqq")
    assert "none" not in str(refused.value)
    assert str(refused.value).count(",") == 5, "five examples at most"
    with pytest.raises(TallystickError, match=r"has no field zzz\. (There are|Choose one of)"):
        firm.call("ledger.accounts", zzz=1)


@pytest.mark.parametrize(
    ("name", "fields", "told", "chinese"),
    [
        (
            "history.bars",
            {"freq": "15m"},
            "freq cannot be 15m. Choose one of 1m, 5m, 1d, 1w, 1mo.",
            "freq 不可為 15m",
        ),
        ("history.bars", {"start": "19 November"}, "Write a date as 2026-11-20.", "日期請寫成 2026-11-20。"),
        (
            "history.bars",
            {"instruments": "2330.XTAI"},
            "instruments cannot be 2330.XTAI. Give a list,",
            "請給清單",
        ),
        ("history.actions", {"kinds": ["dividend"]}, "Choose one of cash, stock, rights,", "請從"),
        (
            "history.bars",
            {"limit": "many"},
            "limit cannot be many. Give a whole number, such as 100.",
            "請給整數",
        ),
        ("history.universe", {}, "history.universe needs name. Give a text.", "history.universe 需要 name。"),
        (
            "governance.day_report",
            {"date": "yesterday"},
            "date cannot be yesterday. Write a date",
            "日期請寫成",
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(
    firm: Firm, name: str, fields: dict[str, object], told: str, chinese: str
) -> None:
    with pytest.raises(TallystickError) as refused:
        firm.call(name, **fields)
    assert told in str(refused.value)
    assert refused.value.code == "operations.request"
    assert chinese in " ".join(render(refused.value, "zh_Hant"))
    assert "--help" not in str(refused.value), "a remedy fits every door"


def test_a_date_is_read_the_same_at_every_door(firm: Firm) -> None:
    for written in ("2026-11-19", "20261119", datetime.date(2026, 11, 19)):
        assert firm.history.bars(start=written, end=written).total_rows == 0


def test_a_reply_of_rows_is_given_as_arrow_too(firm: Firm) -> None:
    reply = firm.ledger.accounts()
    assert reply.to_arrow().equals(reply.arrow)
