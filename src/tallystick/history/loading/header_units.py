"""Units that a header states: 成交量(張) counts lots of 1,000 shares, 成交金額(千元) thousands of the currency.

A column is read by the unit of its header, and the report says so; a mapping that says otherwise is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import ColumnMapping

if TYPE_CHECKING:
    from tallystick.history.datasets import Dataset

__all__ = ["factor_of", "stated_factors", "with_stated"]

POWERS = {"": 1, "十": 10, "百": 100, "千": 1_000, "仟": 1_000, "萬": 10_000, "万": 10_000, "十萬": 100_000,
          "十万": 100_000, "百萬": 1_000_000, "百万": 1_000_000, "佰萬": 1_000_000, "千萬": 10_000_000,
          "千万": 10_000_000, "億": 100_000_000, "亿": 100_000_000}  # fmt: skip
SHARES = {
    "股": 1,
    "張": 1_000,
    "张": 1_000,
    "手": 100,
    "口": 1,
    "筆": 1,
    "笔": 1,
    "單位": 1,
    "单位": 1,
    "": 1,
}
"""What counts may be stated in. A lot (張) of Taiwan has 1,000 shares, one of the mainland (手) 100."""

MONEY = {"元": 1, "圓": 1, "": 1}
WORDS = {"thousand": 1_000, "thousands": 1_000, "million": 1_000_000, "millions": 1_000_000, "shares": 1}
BRACKETS = re.compile(r"[(\[{【〔]([^)\]}】〕]*)[)\]}】〕]")
BEFORE = re.compile(r"^(?:單位|单位)?[:/]?(?:新台幣|新臺幣|台幣|臺幣|人民幣|人民币|nt\$?|ntd|twd|rmb|cny)?")
BARE = re.compile(
    r"^(?:總|总)?(?:成交|交易)?(張|张|手|[千仟萬万]股|(?:千|仟|萬|万|百萬|百万|億|亿)元)[數数]?$"
)
"""Headers that are nothing but a unit: 張數, 成交張數, 成交仟股, 千元."""


def factor_of(header: str, *, money: bool) -> int | None:
    """The factor of the unit that a header states, None where it states none; of amounts (`money`) or of counts.

    >>> factor_of("成交量(張)", money=False), factor_of("成交金額（千元）", money=True)
    (1000, 1000)
    """
    text = "".join(unicodedata.normalize("NFKC", header).casefold().split())
    stated = BRACKETS.findall(text)
    bare = BARE.fullmatch(BRACKETS.sub("", text))
    for unit in (*stated, *([bare[1]] if bare else ())):
        found = _factor(BEFORE.sub("", unit), SHARES if not money else MONEY)
        if found is not None:
            return found
    return None


def _factor(unit: str, bases: Mapping[str, int]) -> int | None:
    if unit in WORDS:
        return WORDS[unit]
    for base, of_base in bases.items():
        power = unit.removesuffix(base)
        if unit and unit.endswith(base) and power in POWERS:
            return POWERS[power] * of_base
    return None


def stated_factors(
    dataset: Dataset, header: Sequence[str], places: Mapping[str, Sequence[int]]
) -> dict[str, int]:
    """The factors that a header states of the dataset's columns, those of 1 too; `places` says where each stands."""
    found = {}
    for name, spot in places.items():
        column = dataset.columns.get(name)
        if column is None or len(spot) != 1 or column.kind not in ("int32", "int64"):
            continue
        factor = factor_of(header[spot[0]], money=column.unit.startswith("1e-4"))
        if factor is not None:
            found[name] = factor
    return found


def with_stated(
    dataset: Dataset,
    mapping: ColumnMapping,
    file: str,
    header: Sequence[str],
    places: Mapping[str, Sequence[int]],
) -> tuple[ColumnMapping, dict[str, int]]:
    """The mapping with the factors that the header states, and those that it did not have itself.

    TallystickError when the mapping says another factor than the header.
    """
    stated = stated_factors(dataset, header, places)
    for name, factor in stated.items():
        if mapping.multiply.get(name, factor) != factor:
            raise TallystickError(
                "history.unit_contradicts",
                "{file} states a unit of {stated} in its header {header}, the mapping one of {factor} for {column}.",
                "Correct [multiply] {column} in the mapping, or the header in the file.",
                file=file,
                header=header[places[name][0]],
                stated=f"{factor:,}",
                factor=f"{mapping.multiply[name]:,}",
                column=name,
            )
    added = {name: factor for name, factor in stated.items() if factor != 1 and name not in mapping.multiply}
    if not added:
        return mapping, {}
    return msgspec.structs.replace(mapping, multiply=mapping.multiply | added), added
