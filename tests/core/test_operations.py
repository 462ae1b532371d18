"""What `call` refuses before any operation runs, and the remedies it names."""

from __future__ import annotations

import pytest

from tallystick.core.errors import NotFound, TallystickError, suggestion
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


def test_a_wrong_value_points_to_a_command_as_it_is_typed(firm: Firm) -> None:
    with pytest.raises(TallystickError, match=r"`tally governance day-report --help`"):
        firm.call("governance.day_report", date="yesterday")
