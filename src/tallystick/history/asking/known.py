"""Whether an instrument that was asked for is heard of at all, and what it may have been meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.errors import NotFound, mark

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tallystick.core.context import Context

__all__ = ["DAILY", "require_known"]

_ = mark

DAILY = "history.bars_daily"


def require_known(context: Context, symbols: Sequence[str], dataset: str = DAILY) -> None:
    """NotFound, with the nearest name, for a symbol that is unheard of: no instrument of the market, and nothing of it
    in the dataset or the daily bars, where delisted ones stay.

    A bare code is told its venue (`2330`: 2330.XTAI), also where only rows of it are there.
    """
    from tallystick.history.asking.rows import Span, count_rows

    market = context.machine("market")
    registered = {one.symbol for one in market.instruments} if symbols else set()
    names = sorted({dataset, DAILY})
    for symbol in symbols:
        if symbol in registered or any(count_rows(context.lake, name, Span([symbol])) for name in names):
            continue
        near = _of_the_same_code(context, symbol, registered, names)
        if near:
            raise NotFound(
                "market.symbol_missing",
                "There is no instrument {symbol}.",
                _("Did you mean {near}?"),
                symbol=symbol,
                near=near,
            )
        market.code_of(symbol)


def _of_the_same_code(
    context: Context, symbol: str, registered: Collection[str], names: Sequence[str]
) -> str:
    """The first symbol, registered or loaded, whose code without its venue is that of the one asked for."""
    code = symbol.partition(".")[0]
    found = {one for one in registered if one.partition(".")[0] == code}
    for name in {*names} & {*context.lake.tables()} if code else ():
        query = f"SELECT DISTINCT symbol FROM {name} WHERE symbol = ? OR starts_with(symbol, ?)"
        found.update(context.lake.sql(query, parameters=[code, f"{code}."])["symbol"].to_pylist())
    return min(found, default="")
