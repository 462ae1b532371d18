"""Tables that a study may name and the lake has not: what machines know now, and what is worked out when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import Context

__all__ = ["GIVEN", "account_number", "tables_of"]

INSTRUMENT_COLUMNS = ("symbol", "name", "venue", "board", "product", "industry", "currency", "shares_issued")
LISTING = ("listed_on", "delisted_on")
FACTORS = ("factor", "split_factor", "volume_factor")
CLIENT_KIND = 1
"""The kind of clients' accounts; the others are the firm's own."""


def tables_of(context: Context, names: Iterable[str], known_at: int | None) -> dict[str, pa.Table]:
    """Those of the named tables that the lake does not have: given ones, and empty ones of datasets not loaded yet."""
    from tallystick.core.lake.layout import layout_of
    from tallystick.history.datasets import find_dataset

    there, found = set(context.lake.tables()), {}
    for name in names:
        if name in GIVEN:
            found[name] = GIVEN[name](context, known_at)
        elif name not in there:
            found[name] = layout_of(find_dataset(name).spec).arrow.empty_table()
    return found


def account_number(context: Context, account: str) -> str:
    """The number of an account given by its number or the house's code; a number that the house does not know stays, as
    an earlier system may.
    """
    if not account:
        return ""
    ledger = context.machine("ledger")
    if ledger.find_account(account) >= 0:
        return account
    is_code = account.isascii() and account.isdigit() and int(account) < ledger.account_count
    return str(ledger.account(int(account)).number) if is_code else account


def _instruments(context: Context, _: int | None) -> pa.Table:
    """What the market room knows of instruments now, named in the reader's language, with their last lot."""
    import pyarrow as pa

    market = context.machine("market")
    known = market.instruments
    columns: dict[str, Any] = {name: [getattr(one, name) for one in known] for name in INSTRUMENT_COLUMNS}
    if context.language == "zh_Hant":
        columns["name"] = [one.name_zh or one.name for one in known]
    for name in LISTING:
        columns[name] = pa.array([getattr(one, name) for one in known], pa.date32())
    columns["lot"] = pa.array(market.day_terms["lot"].tolist(), pa.int64())
    return pa.table(columns)


def _accounts(context: Context, _: int | None) -> pa.Table:
    """The ledger's accounts: code, the number that people know, branch, whether it is a client's."""
    import numpy as np
    import pyarrow as pa

    context.access.require(context.actor, "ledger.read")
    known: Any = context.machine("ledger").accounts()
    return pa.table({
        "account": np.ascontiguousarray(known["account"]),
        "account_number": pa.array([number.decode() for number in known["number"].tolist()], pa.string()),
        "branch": pa.array([str(branch) for branch in known["branch"].tolist()], pa.string()),
        "is_client": known["kind"] == CLIENT_KIND,
    })  # fmt: skip


def _factors(context: Context, known_at: int | None) -> pa.Table:
    """What corporate actions did to prices and volumes, by symbol and ex-date, as known then; those that adjust nothing
    are left out.
    """
    import pyarrow as pa

    from tallystick.history.asking.adjusting import find_ex_dates
    from tallystick.history.asking.factors import factor_lines
    from tallystick.history.asking.rows import Span

    lines = [
        line
        for line in factor_lines(find_ex_dates(context.lake, Span(), "latest_bar", known_at))
        if line.factor and line.mark != "no_bar_since"
    ]
    return pa.table({
        "symbol": pa.array([line.symbol for line in lines], pa.string()),
        "ex_date": pa.array([line.ex_date for line in lines], pa.date32()),
        **{name: pa.array([getattr(line, name) for line in lines], pa.float64()) for name in FACTORS},
    })  # fmt: skip


GIVEN: dict[str, Callable[[Context, int | None], pa.Table]] = {
    "market.instruments": _instruments,
    "ledger.accounts": _accounts,
    "history.factors": _factors,
}
"""The tables by name; each is made when a study names it, as known at a time where that matters."""
