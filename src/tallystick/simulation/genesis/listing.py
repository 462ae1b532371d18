"""The instruments of the made-up market, and the 20 real US shares whose returns it borrows.

Made-up codes have the form of Taiwan's with an M in front (M2301.XTAI, M0051.XTAI for a fund); no Taiwanese code
begins with a letter. Their ISINs have right check digits and belong to nobody.
"""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np

from tallystick.market.events import RegisterInstrument
from tallystick.simulation.genesis.names import STEMS, company_name
from tallystick.simulation.genesis.plan import DemoPlan

__all__ = ["REAL_VENUES", "Listing", "made_up_instruments", "real_instruments"]

Array = np.ndarray[Any, np.dtype[Any]]

INDUSTRIES = tuple(
    tuple(row.split(" ", 2))
    for row in (
        "11 水泥 Cement", "12 食品 Food", "13 塑膠 Plastics", "14 紡織 Textiles", "15 電機 Electric Machinery",
        "20 鋼鐵 Steel", "22 汽車 Automobile", "23 電子 Electronics", "24 半導體 Semiconductor",
        "25 營建 Construction", "26 航運 Shipping", "28 金融 Finance", "30 光電 Optoelectronics",
        "41 生技 Biotechnology", "62 通信 Communications",
    )
)  # fmt: skip
FUND_THEMES = tuple(
    row.split(" ", 1)
    for row in (
        "大盤 Market",
        "高息 High Dividend",
        "電子 Electronics",
        "金融 Finance",
        "小型 Small Companies",
    )
)
LOT = 1_000
MIDDLING_DAYS = 345
"""A year trades as much as so many middling days: its busy ones trade far more."""

COUNTER_SHARE = 3
"""Every third instrument is listed on TPEx (ROCO), the others on TWSE (XTAI)."""

REAL_VENUES = {"AAPL": "XNAS", "AMD": "XNAS", "MSFT": "XNAS", "PEP": "XNAS"}
"""Venues of the real shares that were not listed in New York (XNYS)."""


class Listing(NamedTuple):
    """Instruments to register, and for each (same order) its first price (1e-4) and how it follows real shares.

    `sources` is the real share's place, `own` the scale of its own part of the returns, `popularity` how much it is
    held and traded (sums to 1).
    """

    commands: list[RegisterInstrument]
    first_prices: Array
    sources: Array
    own: Array
    popularity: Array


def made_up_instruments(plan: DemoPlan, real_shares: int) -> Listing:
    """The plan's shares and exchange-traded funds of TWSE and TPEx, which follow one of so many real shares each.

    So much of each is issued that a year trades all of it about once.
    """
    random = np.random.default_rng([plan.seed, 10])
    count = plan.instruments
    made = [_stock(place, random) for place in range(plan.stocks)] + [
        _fund(place, random) for place in range(plan.funds)
    ]
    is_fund = np.arange(count) >= plan.stocks
    dollars = np.exp(random.normal(np.where(is_fund, 3.6, 4.0), np.where(is_fund, 0.5, 1.0)))
    rank = random.permutation(count) + 1.0
    popularity = rank**-1.1
    popularity /= popularity.sum()
    lots = popularity * plan.lots_a_day * MIDDLING_DAYS / [rate for _, rate in made]
    issued = np.maximum(lots, 1).astype(np.int64) * LOT
    return Listing(
        [
            msgspec.structs.replace(command, shares_issued=shares)
            for (command, _), shares in zip(made, issued.tolist(), strict=True)
        ],
        np.rint(np.clip(dollars, 5, 3_000) * 10_000).astype(np.int64),
        random.integers(0, real_shares, count),
        np.where(is_fund, 0.25, 1.0),
        popularity,
    )


def real_instruments(symbols: tuple[str, ...], first: datetime.date) -> list[RegisterInstrument]:
    """The real US shares, for their history only: the firm does not trade there."""
    return [
        RegisterInstrument(
            command_id=f"instrument-{symbol}.{REAL_VENUES.get(symbol, 'XNYS')}",
            symbol=f"{symbol}.{REAL_VENUES.get(symbol, 'XNYS')}",
            name=symbol,
            market="US",
            venue=REAL_VENUES.get(symbol, "XNYS"),
            currency="USD",
            listed_on=first,
        )
        for symbol in symbols
    ]


def _stock(place: int, random: np.random.Generator) -> tuple[RegisterInstrument, float]:
    group, number = place % len(INDUSTRIES), place // len(INDUSTRIES)
    code, industry_zh, industry_en = INDUSTRIES[group]
    name_zh, name = company_name(number, (industry_zh, industry_en))
    return _instrument(f"M{code}{number + 1:02d}", place, name, name_zh, "stock", industry_en, random)


def _fund(place: int, random: np.random.Generator) -> tuple[RegisterInstrument, float]:
    theme_zh, theme = FUND_THEMES[place % len(FUND_THEMES)]
    stem, stem_en = STEMS[place // len(FUND_THEMES) % len(STEMS)]
    name, name_zh = f"Sample {stem_en} {theme} Fund", f"樣本{stem}{theme_zh}基金"
    return _instrument(f"M00{place + 51:02d}", place, name, name_zh, "etf", theme, random)


def _instrument(
    code: str, place: int, name: str, name_zh: str, product: str, industry: str, random: np.random.Generator
) -> tuple[RegisterInstrument, float]:
    """The instrument, and how often a year trades all of its shares: once in the median."""
    venue = "ROCO" if place % COUNTER_SHARE == COUNTER_SHARE - 1 else "XTAI"
    listed = datetime.date(1990, 1, 4) + datetime.timedelta(days=int(random.integers(0, 12_000)))
    command = RegisterInstrument(
        command_id=f"instrument-{code}.{venue}",
        symbol=f"{code}.{venue}",
        name=name,
        name_zh=name_zh,
        isin=_isin(code),
        venue=venue,
        product=product,
        industry=industry,
        listed_on=listed,
    )
    return command, float(np.exp(random.normal(0.0, 0.5)))


def _isin(code: str) -> str:
    """TW, the code in seven places, 00, and the check digit of ISO 6166 (Luhn over digits, letters as 10 to 35).

    >>> _isin("2330")
    'TW0002330008'
    """
    body = f"TW{code:0>7}00"
    digits = "".join(str(int(letter, 36)) for letter in body)
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"{body}{-total % 10}"
