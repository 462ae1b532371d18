"""Words of data that other rooms hold: values of dated rules, industries, roles."""

from __future__ import annotations

from tallystick.console.words import mark as _

__all__ = ["INDUSTRIES", "LAW_NOTES", "LAW_SOURCES", "ROLE_WORDS", "RULE_WORDS"]

INDUSTRY_NAMES = (
    _("Cement"), _("Food"), _("Plastics"), _("Textiles"), _("Electric Machinery"), _("Steel"), _("Automobile"),
    _("Electronics"), _("Semiconductor"), _("Construction"), _("Shipping"), _("Finance"), _("Optoelectronics"),
    _("Biotechnology"), _("Communications"), _("High Dividend"), _("Small Companies"),
)  # fmt: skip
INDUSTRIES = {name.lower(): name for name in INDUSTRY_NAMES} | {"market": _("Whole market")}
"""Industries, and themes of funds, as instruments name them, in lower case → the word for people."""

ROLE_WORDS = {
    "administrator": _("Administrator"),
    "auditor": _("Auditor"),
    "risk_officer": _("Risk officer"),
    "operations_officer": _("Operations officer"),
    "trader": _("Trader"),
    "adviser": _("Adviser"),
    "quant": _("Quantitative analyst"),
}

LAW_SOURCES = (
    _("17 CFR 240.17a-4(a)"), _("17 CFR 240.17a-4(b)"), _("house rule"), _("TAIFEX 業務規則 art. 62"),
    _("TWSE 營業細則 art. 80"), _("商業會計法 art. 38"), _("境外基金管理辦法 art. 49"), _("洗錢防制法 art. 7"),
    _("洗錢防制法 art. 8"), _("證券商帳表憑證保存年限表 named by TWSE 營業細則 art. 25"), _("反洗钱法"),
    _("反洗钱法 art. 34"), _("网络安全法"), _("证券投资基金法 art. 102"), _("证券期货业网络和信息安全管理办法 art. 16"),
    _("证券期货业网络和信息安全管理办法 art. 39"), _("证券法 art. 137"),
)  # fmt: skip
"""Where the shipped rules of retention stand, as they name it."""

LAW_NOTES = (
    _("benchmark; first two years at hand"), _("between the mark and the deletion"), _("books and statements"),
    _("contents not found: kept until they are"),
    _("disputed ones until settled: place a hold of the kind dispute"),
    _("from completion; renumbered in 2024 (unverified)"),
    _("from the end of the deal"), _("internal records"), _("media allowed"),
    _("renumbered in 2024 (unverified)"), _("start of the clock not found"),
    _("vouchers"), _("what a client said and agreed to; renumbered in 2024 (unverified)"),
)  # fmt: skip
"""What the shipped rules of retention note."""

RULE_WORDS = {
    "floor": _("rounded down"),
    "half_up": _("rounded half up"),
    "inward": _("rounded inward"),
    "allowed": _("allowed"),
    "forbidden": _("forbidden"),
    "yes": _("yes"),
    "no": _("no"),
    "none": _("none"),
    "day": _("day"),
    "underlying_move": _("change of the underlying"),
    "opening_auction_basis": _("basis of the opening auction"),
    "board,fixed_price": _("board lot, fixed price"),
    "limit rod": _("limit ROD"),
    "limit rod,limit ioc,limit fok,market rod,market ioc,market fok": _(
        "limit ROD, IOC, FOK; market ROD, IOC, FOK"
    ),
    "odd lot,block,disposition,altered trading": _("odd lot, block, disposition, altered trading"),
    "greatest volume; better prices filled; one side at the price filled; nearest last trade, else basis": _(
        "greatest volume; better prices filled; one side at the price filled; nearest last trade, else basis"
    ),
    "mean of index prints 13:00-13:25 plus the last; nearest tick, half up; cash": _(
        "mean of index prints 13:00-13:25 plus the last; nearest tick, half up; cash"
    ),
    "mean of the index's last two hours; cash": _("mean of the index's last two hours; cash"),
    "volume-weighted mean, last minute of regular hours": _(
        "volume-weighted mean, last minute of regular hours"
    ),
    "belongs to the next trading day": _("belongs to the next trading day"),
    "buy: highest of last trade, top limit buy, top limit sell; sell: lowest": _(
        "buy: highest of last trade, top limit buy, top limit sell; sell: lowest"
    ),
    "fixed twd for each contract: clearing, maintenance, initial, as published; never a flat percentage": _(
        "fixed TWD for each contract: clearing, maintenance, initial, as published; never a flat percentage"
    ),
    "for each lot or by value, by contract and date, with its own close-today rate": _(
        "for each lot or by value, by contract and date, with its own close-today rate"
    ),
    "natural persons may not hold into the delivery month": _(
        "natural persons may not hold into the delivery month"
    ),
    "physical; delivery ends on the third day after": _("physical; delivery ends on the third day after"),
    "spot, next two, three quarterlies": _("spot, next two, three quarterlies"),
    "steps up toward delivery, position limits too": _("steps up toward delivery, position limits too"),
    "the day's volume-weighted mean; limits stand on it and widen after a locked day": _(
        "the day's volume-weighted mean; limits stand on it and widen after a locked day"
    ),
    "this, next, two quarterlies": _("this, next, two quarterlies"),
    "three quarterlies": _("three quarterlies"),
    "1.5 to 2.25 years, issued for at most 5": _("1.5 to 2.25 years, issued for at most 5"),
    "4 to 5.25 years, issued for at most 7": _("4 to 5.25 years, issued for at most 7"),
    "4 to 7 years": _("4 to 7 years"),
    "at least 25 years, issued for at most 30": _("at least 25 years, issued for at most 30"),
    "at least 6.5 years, issued for at most 10": _("at least 6.5 years, issued for at most 10"),
    "2 friday": _("second Friday"),
    "3 friday": _("third Friday"),
    "3 wednesday": _("third Wednesday"),
    "08:00-08:30 paired": _("08:00-08:30 paired trades"),
    "08:30-09:00 entry": _("08:30-09:00 order entry"),
    "08:45-13:45 continuous": _("08:45-13:45 continuous"),
    "09:00-09:00 call": _("09:00-09:00 call auction"),
    "09:00-13:25 call_repeated": _("09:00-13:25 repeated call auctions"),
    "09:00-13:25 continuous": _("09:00-13:25 continuous"),
    "09:00-13:30 odd_call": _("09:00-13:30 odd-lot call auctions"),
    "09:00-15:00 negotiated": _("09:00-15:00 negotiated trades"),
    "09:00-17:00 paired": _("09:00-17:00 paired trades"),
    "09:15-09:25 call": _("09:15-09:25 call auction"),
    "09:15-11:30 continuous": _("09:15-11:30 continuous"),
    "09:30-11:30 continuous": _("09:30-11:30 continuous"),
    "13:00-14:57 continuous": _("13:00-14:57 continuous"),
    "13:00-15:00 continuous": _("13:00-15:00 continuous"),
    "13:00-15:15 continuous": _("13:00-15:15 continuous"),
    "13:25-13:30 call": _("13:25-13:30 call auction"),
    "13:40-14:30 odd_call": _("13:40-14:30 odd-lot call auction"),
    "14:00-14:30 fixed_price": _("14:00-14:30 fixed price"),
    "14:57-15:00 call": _("14:57-15:00 call auction"),
    "15:00-05:00 continuous": _("15:00-05:00 continuous"),
    "15:05-15:30 fixed_price": _("15:05-15:30 fixed price"),
}
"""Values of dated rules that are words, in lower case → the sentence for people."""

READ_WORDS = (
    _("normal"), _("open"), _("filled"), _("ended"), _("no limit"), _("no stop"), _("open, with terms"),
    _("not used today"), _("used today: an equal order gets the same answer"), _("no board lots"), _("no odd lots"),
    _("known instrument"), _("call"), _("odd lot"), _("continuous"), _("in range"), _("not open"), _("journal"),
    _("limit"), _("market"), _("rod"), _("ioc"), _("fok"), _("limit IOC"), _("limit FOK"), _("market ROD"),
    _("market IOC"), _("market FOK"), _("board"), _("odd"), _("fixed price"), _("approvals"), _("for looser terms"),
    _("for lifting a stop"), _("ledger"), _("firm, or an account that is open"), _("not of today"), _("not halted"),
    _("instruments"), _("rule rows"), _("command"), _("execution"), _("trades"), _("closed dates"),
    _("settlement begun"), _("books"), _("posted less owed"), _("fresh"), _("taken"), _("accounts open"),
    _("the next number"), _("house accounts"), _("blocked"), _("unknown"), _("open accounts"),
    _("contracts on record"), _("contract"), _("totals files"), _("instrument"), _("instruments registered"),
    _("deadlines reached"), _("ISO 6166 check digit"), _("OpenAccount"),
)  # fmt: skip
"""Words that decisions read or name as the source of what they read, besides those of other catalogs."""
