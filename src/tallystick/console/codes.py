"""Words for coded values: what `side` 1 or `BUY` reads as, with the mark that stands beside it.

Numbers are those of the events' enumerations; tables may carry the number or the name.
"""

from __future__ import annotations

from tallystick.console.codewords import INDUSTRIES, LAW_NOTES, LAW_SOURCES, ROLE_WORDS, RULE_WORDS
from tallystick.console.navigation import RAIL
from tallystick.console.words import mark as _

__all__ = ["CODES", "KINDS", "NAMES", "rise_of", "word_of"]

CODES: dict[str, dict[str, tuple[str, str]]] = {
    "side": {"1": (_("Buy"), ""), "2": (_("Sell"), ""), "up": (_("Up"), ""), "down": (_("Down"), "")},
    "freq": {
        "1d": (_("days"), ""), "1w": (_("weeks"), ""), "1mo": (_("months"), ""), "1m": (_("1 minute"), ""),
        "5m": (_("5 minutes"), ""),
    },
    "adjust": {
        "none": (_("as traded"), ""), "split": (_("adjusted for splits"), ""),
        "total": (_("adjusted for everything"), ""),
    },
    "anchor": {
        "latest_bar": (_("latest bar as traded"), ""), "series_start": (_("first bar as traded"), ""),
    },
    "engine": {"local": (_("this machine"), ""), "cluster": (_("the cluster"), "")},
    "order_type": {"1": (_("Limit order"), ""), "2": (_("Market order"), "")},
    "time_in_force": {"1": (_("ROD"), ""), "2": (_("IOC"), ""), "3": (_("FOK"), "")},
    "lot_type": {"1": (_("Board lot"), ""), "2": (_("Odd lot"), ""), "3": (_("Fixed price"), "")},
    "capacity": {
        "1": (_("Cash trade"), ""), "2": (_("Margin"), ""), "3": (_("Short"), ""), "4": (_("Proprietary"), ""),
    },
    "done_reason": {"1": (_("Cancelled"), "○"), "2": (_("Expired"), "○"), "3": (_("Refused by exchange"), "✕")},
    "severity": {
        "severe": (_("Severe"), "▲"), "high": (_("High"), "▲"), "medium": (_("Medium"), "●"), "low": (_("Low"), "○"),
    },
    "status": {
        "accepted": (_("Accepted"), "✓"),
        "new": (_("Unfilled"), "◔"),
        "refused_by_exchange": (_("Refused by exchange"), "✕"),
        "active": (_("Working"), "◔"),
        "blocked": (_("Blocked"), "✕"),
        "cancelled": (_("Cancelled"), "○"),
        "closed": (_("Closed"), "○"),
        "done": (_("Done"), "●"),
        "house": (_("House rule"), "✓"),
        "due": (_("Due"), "◔"),
        "expired": (_("Expired"), "○"),
        "failed": (_("Failed"), "✕"),
        "filled": (_("Filled"), "●"),
        "halted": (_("Halted"), "✕"),
        "normal": (_("Normal"), "✓"),
        "open": (_("Open"), "◔"),
        "partly_filled": (_("Partly filled"), "◑"),
        "pending": (_("Pending"), "◔"),
        "refused": (_("Refused"), "✕"),
        "late": (_("Late"), "▲"),
        "settled_late": (_("Settled late"), "●"),
        "defaulted": (_("In default"), "✕"),
        "retained": (_("Withheld"), "◑"),
        "secondary": (_("Secondary"), "◑"),
        "empirical": (_("Seen in official prices"), "◑"),
        "withdrawn": (_("Withdrawn"), "○"),
        "disposition": (_("Disposition"), "!"),
        "full_delivery": (_("Full delivery"), "!"),
        "sell_only": (_("Sell only"), "◑"),
        "settled": (_("Settled"), "●"),
        "unverified": (_("Unverified"), "!"),
        "verified": (_("Verified"), "✓"),
        "working": (_("Working"), "◔"),
    },
    "kind": {
        "client": (_("Client account"), ""), "proprietary": (_("Proprietary account"), ""),
        "error": (_("Error account"), ""),
        "fees": (_("Fee account"), ""), "tax": (_("Tax account"), ""), "clearing": (_("Clearing account"), ""),
        "control": (_("Control account"), ""),
        "legal": (_("Legal hold"), ""), "dispute": (_("Dispute"), ""),
    },
    "tier": {"client": (_("Clients with the firm"), ""), "clearing_house": (_("Firm with the clearing house"), "")},
    "step": {
        "waiting": (_("Waiting"), "◔"), "securities_in": (_("Securities in"), "◑"), "cash_in": (_("Cash in"), "◑"),
        "pay_out": (_("Pay-out"), "◑"), "bank_close": (_("Closed by the bank"), "●"),
    },
    "unit": {
        "percent": (_("percent"), ""), "price": (_("price"), ""), "currency": (_("currency"), ""),
        "currency_per_point": (_("currency a point"), ""), "units": (_("units"), ""), "ticks": (_("ticks"), ""),
        "sessions": (_("sessions"), ""), "settlement_days": (_("settlement days"), ""), "days": (_("days"), ""),
        "minutes": (_("minutes"), ""), "seconds": (_("seconds"), ""),
        "months": (_("months"), ""), "years": (_("years"), ""), "lots": (_("lots"), ""),
        "decimals": (_("decimals"), ""), "count": (_("count"), ""), "clock": (_("time of day"), ""),
        "hours": (_("hours"), ""), "weekday": (_("weekday"), ""),
        "rounding": (_("rounding"), ""), "flag": (_("yes or no"), ""),
        "list": (_("list"), ""), "text": (_("text"), ""), "formula": (_("formula"), ""), "none": (_("none"), ""),
        "day": (_("day"), ""),
    },
    "answer": {
        "answered": (_("Answered"), "✓"), "partly": (_("Partly"), "◑"), "to come": (_("Still to come"), "○"),
    },
    "permissions": {
        "board_lots": (_("board lots"), ""), "odd_lots": (_("odd lots"), ""),
        "market_orders": (_("market orders"), ""),
        "day_trade": (_("day trades"), ""), "pre_collection": (_("pre-collection"), ""),
    },
    "board": {"main": (_("Main board"), ""), "star": (_("STAR market"), ""), "chinext": (_("ChiNext"), ""),
              "st": (_("Special treatment"), "")},
    "product": {
        "stock": (_("Stock"), ""), "stock_b": (_("B share"), ""), "etf": (_("ETF"), ""),
        "etf_bond": (_("Bond ETF"), ""), "etf_wide": (_("Wide-limit ETF"), ""), "etf_foreign": (_("Foreign ETF"), ""),
        "etf_leveraged_2": (_("ETF, twice leveraged"), ""), "etf_leveraged_3": (_("ETF, three times leveraged"), ""),
        "etf_inverse_1": (_("ETF, inverse"), ""), "etf_inverse_2": (_("ETF, twice inverse"), ""),
        "etf_inverse_3": (_("ETF, three times inverse"), ""),
        "etn": (_("ETN"), ""), "etn_foreign": (_("Foreign ETN"), ""),
        "etn_leveraged_2": (_("ETN, twice leveraged"), ""), "etn_leveraged_3": (_("ETN, three times leveraged"), ""),
        "etn_inverse_1": (_("ETN, inverse"), ""), "etn_inverse_2": (_("ETN, twice inverse"), ""),
        "etn_inverse_3": (_("ETN, three times inverse"), ""),
        "reit": (_("REIT"), ""), "tdr": (_("Depositary receipt"), ""), "warrant": (_("Warrant"), ""),
        "bond": (_("Bond"), ""), "bond_government": (_("Government bond"), ""),
        "convertible": (_("Convertible bond"), ""), "future": (_("Future"), ""),
        "future_index": (_("Index future"), ""), "future_bond": (_("Bond future"), ""),
        "future_commodity": (_("Commodity future"), ""), "option_index": (_("Index option"), ""),
    },
    "channel": {
        "phone": (_("Phone"), ""), "app": (_("App"), ""), "counter": (_("Counter"), ""), "email": (_("E-mail"), ""),
    },
    "product_kind": {
        "structured_note": (_("Structured note"), ""), "margin": (_("Margin contract"), ""),
        "advice": (_("Advice"), ""),
    },
    "industry": {name: (word, "") for name, word in INDUSTRIES.items()},
    "law_source": {sentence.lower(): (sentence, "") for sentence in LAW_SOURCES},
    "law_note": {sentence.lower(): (sentence, "") for sentence in LAW_NOTES},
    "value": {word.lower(): (sentence, "") for word, sentence in RULE_WORDS.items()},
    "stage": {
        "none": (_("Not begun"), "○"), "loaded": (_("Loaded"), "◔"), "proven": (_("Proven"), "◑"),
        "shadow": (_("Shadow run"), "◑"), "parallel": (_("Parallel run"), "◑"), "live": (_("Live operation"), "●"),
        "rolled_back": (_("Rolled back"), "✕"),
    },
    "role": {name: (sentence, "") for name, sentence in ROLE_WORDS.items()},
    "warning": {"expired": (_("Expired"), "▲"), "expiring": (_("Ends soon"), "!")},
    "state": {
        "open": (_("Open"), "◔"), "approved": (_("Approved"), "✓"), "refused": (_("Refused"), "✕"),
        "closed": (_("Closed"), "○"), "released": (_("Released"), "○"), "marked": (_("Marked for deletion"), "!"),
        "begun": (_("Being deleted"), "◑"), "purged": (_("Deleted"), "✕"), "unmarked": (_("Kept after all"), "✓"),
        "archived": (_("Archived"), "●"), "waiting": (_("Waiting"), "◔"), "restored": (_("Restored"), "✓"),
        "missing": (_("A file is missing"), "✕"), "damaged": (_("Damaged"), "✕"),
        "unnamed": (_("Not named by its table"), "!"),
        "row_released": (_("Released from quarantine"), "✓"), "row_dismissed": (_("Dismissed"), "–"),
    },
    "hold_state": {"open": (_("In force"), "◔"), "released": (_("Released"), "○")},
    "what": {
        "loaded": (_("Loaded"), ""), "corrected": (_("Corrected"), ""), "sealed": (_("Sealed"), ""),
        "archived": (_("Archived"), ""), "restored": (_("Restored"), ""), "purged": (_("Deleted"), ""),
    },
    "purge": {
        "marked": (_("Marked for deletion"), "!"), "begun": (_("Being deleted"), "◑"), "purged": (_("Deleted"), "✕"),
        "unmarked": (_("Kept after all"), "✓"),
    },
    "clock": {
        "record": (_("the record"), ""), "year_closed": (_("the year's books closed"), ""),
        "relationship_end": (_("the relationship's end"), ""), "account_closed": (_("the account's closing"), ""),
        "month_end": (_("the month's end"), ""), "mark": (_("the mark"), ""), "unknown": (_("not known: kept"), "!"),
    },
    "rule": {
        "accounting_books": (_("Accounting books"), ""), "accounting_vouchers": (_("Accounting vouchers"), ""),
        "anti_money_laundering": (_("Anti-money-laundering law"), ""), "blotters": (_("Blotters"), ""),
        "broker_books_table": (_("Brokers' table of books"), ""), "communications": (_("Communications"), ""),
        "drill_report": (_("Drill reports"), ""), "fund_law": (_("Fund law"), ""),
        "futures_monthly_statement": (_("Monthly futures statements"), ""),
        "identity_records": (_("Identity records"), ""),
        "it_audit_report": (_("IT audit reports"), ""), "ledgers": (_("Ledgers"), ""),
        "network_logs": (_("Network logs"), ""), "offshore_fund_applications": (_("Offshore fund applications"), ""),
        "other_records": (_("Other records"), ""), "phone_orders": (_("Recorded phone orders"), ""),
        "purge_grace": (_("Grace before deletion"), ""), "securities_law": (_("Securities law"), ""),
        "transaction_records": (_("Transaction records"), ""),
    },
    "problem": {
        "not_marked": (_("Not marked"), ""), "held": (_("Kept by a hold"), "!"),
        "kept_longer": (_("Kept longer by a changed rule"), "!"), "in_grace": (_("Within its grace"), "◔"),
        "changed": (_("Changed since it was marked"), "!"),
    },
    "archive_problem": {
        "missing": (_("Missing"), "✕"), "changed": (_("Other bytes"), "✕"),
        "unnamed": (_("Not named by its table"), "!"),
    },
    "seal_problem": {
        "missing": (_("Missing"), "✕"), "damaged": (_("A file does not read"), "✕"),
        "changed": (_("Other rows"), "✕"), "unproven": (_("The proof is not the one on the journal"), "✕"),
    },
    "hot": {"current": (_("As it is now"), "✓"), "behind": (_("Behind the newest rows"), "!")},
    "filled_by": {
        "must": (_("a source must give it"), ""), "may": (_("a source may give it"), ""),
        "house": (_("the house"), ""),
    },
    "on_failure": {"set_aside": (_("Set aside"), "✕"), "doubt": (_("Kept, with a doubt"), "!")},
    "column_type": {
        "text": (_("Text"), ""), "text_fixed": (_("Text"), ""), "date": (_("Date"), ""),
        "timestamp": (_("Time"), ""), "bool": (_("Yes or no"), ""), "bytes_fixed": (_("Bytes"), ""),
        "int8": (_("Whole number, 8 bits"), ""), "int16": (_("Whole number, 16 bits"), ""),
        "int32": (_("Whole number, 32 bits"), ""), "int64": (_("Whole number, 64 bits"), ""),
        "uint64": (_("Whole number, 64 bits, unsigned"), ""), "float64": (_("Decimal number, 64 bits"), ""),
    },
    "column_unit": {
        "1e-4 of the currency": (_("ten-thousandths of the currency"), ""), "1e-8": (_("hundred-millionths"), ""),
        "units (shares, contracts)": (_("shares or contracts"), ""), "utc nanoseconds": (_("nanoseconds, UTC"), ""),
    },
    "jurisdiction": {"tw": (_("Taiwan"), ""), "cn": (_("China"), ""), "*": (_("everywhere"), "")},
    "room": {section.name: (section.title, "") for section in RAIL},
    "action_kind": {
        "cash": (_("Cash dividend"), ""), "stock": (_("Stock dividend"), ""), "rights": (_("Rights issue"), ""),
        "reduction": (_("Capital reduction"), ""), "par_change": (_("Change of par"), ""),
        "reform": (_("Share reform"), ""),
    },
    "factor_mark": {
        "unusual": (_("unusually large"), "!"), "incomplete": (_("a term is missing"), "!"),
        "impossible": (_("not possible, not used"), "✕"), "reform": (_("does not adjust"), ""),
        "no_bar_before": (_("no bar before"), ""), "no_bar_since": (_("no bar since"), "◔"),
    },
    "phase": {
        "continuous": (_("Continuous"), ""), "open_auction": (_("Opening auction"), ""),
        "close_auction": (_("Closing auction"), ""),
    },
    "by": {
        "dataset": (_("dataset"), ""), "day": (_("day"), ""), "source": (_("source"), ""),
        "reason": (_("reason"), ""),
    },
    "holder": {"role": (_("Role"), ""), "user": (_("User"), "")},
    "record_class": {
        "market_data": (_("Market data"), ""), "orders": (_("Orders"), ""), "executions": (_("Executions"), ""),
        "positions": (_("Positions"), ""), "cash": (_("Cash"), ""), "client_events": (_("Client events"), ""),
        "decisions": (_("Decisions"), ""), "logs": (_("Logs"), ""), "identity": (_("Identity records"), ""),
        "contracts": (_("Contracts"), ""), "recordings": (_("Recordings"), ""), "statements": (_("Statements"), ""),
        "audits": (_("Audit reports"), ""), "drills": (_("Drill reports"), ""),
        "application_trail": (_("Application trails"), ""), "fund_registration": (_("Fund registration"), ""),
        "*": (_("Every class"), ""),
    },
}  # fmt: skip
KINDS = {
    "core.day_opened": _("Day opened"),
    "core.day_closed": _("Day closed"),
    "core.time_reached": _("Deadline reached"),
    "gate.submit_order": _("Order submitted"),
    "gate.cancel_order": _("Cancel asked for"),
    "gate.end_order": _("Order out of the exchange's book"),
    "gate.set_account_terms": _("Account's trading terms set"),
    "gate.set_kill_switch": _("Order taking stopped or resumed"),
    "ledger.record_execution": _("Execution"),
    "ledger.close_trading": _("Trading closed"),
}
"""Kinds of events as a timeline says them; others are shown by their kind."""

NAMES = {
    "side": {"buy": "1", "sell": "2"},
    "order_type": {"limit": "1", "market": "2"},
    "time_in_force": {"rod": "1", "ioc": "2", "fok": "3"},
    "lot_type": {"board": "1", "odd": "2", "fixed_price": "3"},
    "capacity": {"cash": "1", "margin": "2", "short": "3", "proprietary": "4"},
    "done_reason": {"cancelled": "1", "expired": "2", "refused_by_exchange": "3"},
}


GREEN_RISES = {"US", "XNYS", "XNAS"}
"""Markets and calendars where green is up; in Taiwan and China red is."""


def rise_of(market: str) -> str:
    """The colour that means up in a market: `red` or `green`.

    >>> rise_of("TW"), rise_of("US")
    ('red', 'green')
    """
    return "green" if market in GREEN_RISES else "red"


def word_of(field: str, value: object) -> tuple[str, str]:
    """The English word and the mark of a coded value; a value without a word is its own word.

    >>> word_of("side", 1), word_of("side", "BUY"), word_of("status", "unheard of")
    (('Buy', ''), ('Buy', ''), ('unheard of', ''))
    """
    key = str(value).lower()
    key = NAMES.get(field, {}).get(key, key)
    return CODES.get(field, {}).get(key) or (str(value), "")
