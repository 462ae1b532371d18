"""Symbols and ISINs."""

from __future__ import annotations

import pytest

from tallystick.market.instruments import is_isin, split_symbol


@pytest.mark.parametrize(
    "symbol", ["2330.XTAI", "00679B.ROCO", "600000.XSHG", "TXF202612.XTAF", "BRK-B.XNYS"]
)
def test_symbol_is_code_and_venue(symbol):
    assert ".".join(split_symbol(symbol)) == symbol


@pytest.mark.parametrize(
    "symbol", ["2330", ".XTAI", "2330.", "2330.TW", "2330.xtai", "台積電.XTAI", "23 30.XTAI"]
)
def test_other_forms_are_refused(symbol):
    assert split_symbol(symbol) == ("", "")


def test_isin_has_a_check_digit():
    assert is_isin("TW0002330008")
    assert is_isin("US0378331005")
    assert not is_isin("TW0002330009")
    assert not is_isin("2330")
