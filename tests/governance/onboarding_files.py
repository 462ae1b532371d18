"""A made-up firm in files, as its old systems would export it, and the instruments that the files name."""

from __future__ import annotations

import datetime
from pathlib import Path

from tallystick.firm import Firm
from tallystick.market.events import RegisterInstrument

AT = datetime.date(2026, 11, 19)
FILES = {
    "parties": "party,kind,name\nP1,client,Made-up Wang\nP2,client,Made-up Lin\nP3,firm,Made-up Branch\n",
    "accounts": "account,party,branch,kind,opened_on\n9801-1,P1,1,client,2020-01-02\n9801-2,P2,2,client,2021-05-06\n",
    "cash": "account,amount\n9801-1,100000.50\n9801-2,20000\nOWN,1000000\n",
    "holdings": (
        "account,symbol,quantity,cost,acquired_on\n"
        "9801-1,9901.XTAI,2000,100000,2025-01-02\n9801-1,9901.XTAI,500,30000,2025-06-02\n9801-2,9902.XTAI,1000,50000,2024-03-04\n"
    ),
    "margin_contracts": (
        "contract,account,symbol,kind,quantity,amount,deposit,ratio,opened_on,due_on\n"
        "71,9801-1,9901.XTAI,financing,1000,30000,0,0.6,2026-09-01,2027-03-01\n"
    ),
    "unsettled_trades": (
        "trade,account,symbol,side,price,quantity,trade_date,settlement_date,fee,tax\n"
        "501,9801-1,9902.XTAI,buy,50,1000,2026-11-18,2026-11-20,71,0\n"
        "502,9801-2,9902.XTAI,sell,51,1000,2026-11-19,2026-11-23,72,153\n"
    ),
    "error_trades": (
        "trade,account,symbol,side,price,quantity,trade_date,settlement_date,fee,tax\n"
        "601,ERROR,9901.XTAI,buy,60,1000,2026-11-19,2026-11-23,85,0\n"
    ),
    "limits": (
        "account,status,daily_limit,order_value_limit,permissions\n"
        "9801-1,normal,4990000,1000000,7\n9801-2,sell_only,0,1000000,7\n"
    ),
    "consents": (
        "party,recipient,purpose,data_class,channel,state,effective_on\n"
        "P1,broker,marketing,contact,phone,granted,2024-01-01\n"
    ),
    "depository_totals": "symbol,quantity\n9901.XTAI,2500\n9902.XTAI,1000\n",
    "bank_totals": "bank_account,amount\nclient money 1,120000.50\nown,1000000\n",
    "general_ledger_totals": (
        "general_ledger_account,amount\nclient_cash,1120000.50\nunsettled_purchases,110156\nunsettled_sales,50775\nmargin_loans,30000\n"
    ),
}

FRIDAY = datetime.date(2026, 11, 20)
CLOSE = {
    # Nobody traded on Friday; 9801-1 paid 50,071 for trade 501.
    "cash": "account,amount\n9801-1,49929.50\n9801-2,20000\nOWN,1000000\n",
    "holdings": FILES["holdings"] + "9801-1,9902.XTAI,1000,50071,2026-11-18\n",
    "unsettled_trades": "\n".join(FILES["unsettled_trades"].splitlines()[::2]) + "\n",
    "error_trades": FILES["error_trades"],
}


def write(folder: Path, **changed: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in (FILES | changed).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def register(firm: Firm) -> None:
    """Register the instruments that the files name."""
    for symbol in ("9901.XTAI", "9902.XTAI"):
        assert firm.house.writer.send(RegisterInstrument(symbol=symbol, name=symbol)).accepted
