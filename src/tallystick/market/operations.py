"""The market's doors: instruments, venues, days, and what rule holds for what, when, and by which source."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.events import event_of
from tallystick.core.money import format_money
from tallystick.core.operations import Table, operation
from tallystick.core.schema import number_date
from tallystick.core.text import translate
from tallystick.market.events import AdoptRules, RegisterInstrument
from tallystick.market.instruments import Instrument, split_symbol
from tallystick.market.listing import table_of
from tallystick.market.requests import (
    CalendarRequest,
    DayLine,
    DayTermsRequest,
    InstrumentReply,
    InstrumentRequest,
    InstrumentsRequest,
    ProposeRulesRequest,
    RegisterInstrumentRequest,
    RuleLine,
    RuleRequest,
    RulesRequest,
    TermsLine,
    VenueLine,
    VenuesRequest,
)
from tallystick.market.rule_rows import Phase, RuleRow, encode_rows, name_row
from tallystick.market.rules import EXPIRY_WARNING_DAYS, ExpiredRule, MissingRule, RuleKey, RuleTable
from tallystick.market.seed import field_labels, read_rows

if TYPE_CHECKING:
    from tallystick.market.calendars import Calendar
    from tallystick.market.machine import MarketMachine

ONE_DAY = datetime.timedelta(days=1)
STATUS_NAMES = ("normal", "halted", "disposition", "full_delivery")


@operation("market.instruments", permission="market.read", summary="List the instruments.")
def instruments(context: Context, request: InstrumentsRequest) -> Table:
    """The registered instruments that match, in order of registration."""
    text = request.text.casefold()
    found = [
        row
        for row in _market(context).instruments
        if text in f"{row.symbol} {row.name} {row.name_zh}".casefold()
        and request.venue in ("", row.venue)
        and request.board in ("", row.board)
        and request.product in ("", row.product)
    ]
    return table_of(Instrument, found, request)


@operation("market.instrument", permission="market.read", summary="Show one instrument and its terms.")
def instrument(context: Context, request: InstrumentRequest) -> InstrumentReply:
    """An instrument by its symbol; NotFound names the nearest."""
    machine = _market(context)
    code = machine.code_of(request.symbol)
    return InstrumentReply(instrument=machine.instruments[code], terms=_terms_line(machine, code))


@operation(
    "market.venues", permission="market.read", summary="List the venues and the spans of their calendars."
)
def venues(context: Context, request: VenuesRequest) -> Table:
    """The venues in the rule tables."""
    rules = _market(context).rules
    found = [
        _venue_line(rules, venue, market)
        for venue, market in sorted(rules.venues().items())
        if request.market in ("", market)
    ]
    return table_of(VenueLine, found, request)


@operation(
    "market.calendar", permission="market.read", summary="Show trading and settlement days of a venue."
)
def calendar(context: Context, request: CalendarRequest) -> Table:
    """Each day of a span with its kind and source; ExpiredRule beyond what the calendar knows."""
    days = _market(context).calendar(request.venue)
    first = request.first or _date(context, None).replace(day=1)
    last = request.last or (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - ONE_DAY
    days.known(first)
    days.known(last)
    found = []
    for number in range((last - first).days + 1):
        date = first + number * ONE_DAY
        kind, row = days.kind(date), days.day_row(date)
        if request.kind in ("", kind):
            found.append(
                DayLine(
                    date=date,
                    kind=kind,
                    settles_on=_settles_on(days, date) if kind == "open" else None,
                    phases="; ".join(_phase_text(phase) for phase in days.phases(date)),
                    reason=row.note if row else "",
                    source=row.source if row else days.known(date).source,
                    status=row.status if row else days.known(date).status,
                )
            )
    return table_of(DayLine, found, request, title=request.venue)


@operation(
    "market.rule", permission="market.read", summary="Show what rules hold for an instrument on a date."
)
def rule(context: Context, request: RuleRequest) -> Table:
    """Every field with value, span, source and status; a field whose rule has ended stands there as `expired`."""
    machine, date = _market(context), _date(context, request.date)
    if request.symbol:
        found = machine.rule_for(request.symbol, date)
    else:
        key = RuleKey(
            market=machine.rules.market_of(request.venue),
            venue=request.venue,
            board=request.board,
            product=request.product,
        )
        found = machine.rules.in_force(key, date)
    warnings = _warnings(machine.rules, date)
    rows = [row for rows in (*found.rows.values(), *found.expired.values()) for row in rows]
    ended = {row.identity for rows in found.expired.values() for row in rows}
    lines = [
        _rule_line(context, row, date, "expired" if row.identity in ended else warnings.get(row.identity, ""))
        for row in rows
        if request.field in ("", row.field)
    ]
    title = f"{request.symbol or request.venue} {date}"
    lines.sort(key=_by_warning)
    return table_of(RuleLine, lines, request, title=title)


@operation("market.rules", permission="market.read", summary="List rule rows with sources, warnings first.")
def rules(context: Context, request: RulesRequest) -> Table:
    """The rule rows that match; those that expire within 60 days or have expired come first."""
    table, date = _market(context).rules, _date(context, request.date)
    warnings = _warnings(table, date)
    lines = [
        _rule_line(context, row, date, warnings.get(row.identity, ""))
        for row in _matching(table, request)
        if row.identity in warnings or (not request.expiring and (request.all_dates or row.applies(date)))
    ]
    lines.sort(key=_by_warning)
    return table_of(RuleLine, lines, request)


@operation(
    "market.day_terms", permission="market.read", summary="List limits, ticks and lots of a business date."
)
def day_terms(context: Context, request: DayTermsRequest) -> Table:
    """The terms that instruments have for a date; those without terms for it are left out."""
    machine, date = _market(context), _date(context, request.date)
    text = request.text.casefold()
    lines = [_terms_line(machine, row.code) for row in machine.instruments if text in row.symbol.casefold()]
    found = [line for line in lines if line is not None and line.business_date == date]
    return table_of(TermsLine, found, request, title=str(date))


@operation(
    "market.propose_rules",
    permission="market.manage",
    summary="Propose a change of rule rows for a second person's approval.",
    writes=True,
)
def propose_rules(context: Context, request: ProposeRulesRequest) -> DoneReply | Rejection:
    """Checks that the rows fit the rules in force; nothing changes until a second person approves the proposal."""
    rows = read_rows(request.rows)
    payload = encode_rows(rows)
    command = AdoptRules(rule_set=hashlib.sha256(payload).hexdigest()[:16], rows=payload)
    problem = _market(context).problem_of(command)
    if problem:
        malformed = event_of(AdoptRules).reasons[1]
        return Rejection(
            code=malformed.code, text=malformed.text, remedy=malformed.remedy, values={"problem": problem}
        )
    return propose(context, command, "; ".join(name_row(row) for row in rows[:10]), request.reason)


@operation(
    "market.register_instrument",
    permission="market.manage",
    summary="Propose a new instrument for a second person's approval.",
    writes=True,
)
def register_instrument(context: Context, request: RegisterInstrumentRequest) -> DoneReply | Rejection:
    """Checks that the instrument fits the rules in force; it is there once a second person approves the proposal."""
    machine = _market(context)
    command = _registration(machine, request)
    faults = machine.faults_of(command)
    if faults:
        read = {value.name: value.value for value in machine.explain(RegisterInstrument, command).values}
        return event_of(RegisterInstrument).rejections(faults, read)[0]
    return propose(
        context, command, summary="Register the instrument {symbol}, {name}", reason=request.reason
    )


def _registration(machine: MarketMachine, request: RegisterInstrumentRequest) -> RegisterInstrument:
    """The command of a request; market and currency are those of the symbol's venue, empty for an unknown one."""
    fields = msgspec.structs.asdict(request)
    del fields["reason"]
    venue = split_symbol(request.symbol)[1]
    market = machine.rules.venues().get(venue, "")
    currency = _venue_line(machine.rules, venue, market).currency if market else ""
    return RegisterInstrument(venue=venue, market=market, currency=currency, **fields)


def _market(context: Context) -> MarketMachine:
    machine: MarketMachine = context.machine("market")
    return machine


def _date(context: Context, date: datetime.date | None) -> datetime.date:
    """The date asked for, or the business date that is open or was last."""
    if date is not None:
        return date
    business_date: datetime.date = context.machine("day").state.business_date
    if business_date == datetime.date.min:
        raise TallystickError(
            "market.no_date",
            "No business day was opened yet.",
            "Say the date, e.g. --date 2026-11-20.",
        )
    return business_date


def _terms_line(machine: MarketMachine, code: int) -> TermsLine | None:
    terms = machine.day_terms[code]
    if not int(terms["business_date"]):
        return None
    from tallystick.market.kernels import tick_at

    found = machine.instruments[code]
    ticks = machine.tick_arrays[int(terms["tick_table"])]
    return TermsLine(
        symbol=found.symbol,
        name=found.name,
        business_date=number_date(int(terms["business_date"])),
        reference_price=int(terms["reference_price"]),
        limit_up=int(terms["limit_up"]),
        limit_down=int(terms["limit_down"]),
        tick=int(tick_at(int(terms["reference_price"]), ticks)),
        lot=int(terms["lot"]),
        order_minimum=int(terms["order_minimum"]) or int(terms["lot"]),
        status=STATUS_NAMES[int(terms["status"])],
    )


def _venue_line(rules: RuleTable, venue: str, market: str) -> VenueLine:
    def text(field: str) -> str:
        return rules.rule(field, market=market, venue=venue, date=datetime.date.max).value

    spans = [row for row in rules.rows if row.field == "calendar_known" and row.venue == text("calendar")]
    return VenueLine(
        venue=venue,
        name=text("venue_name"),
        name_zh=text("venue_name_zh"),
        market=market,
        zone=text("zone"),
        currency=text("currency"),
        calendar=text("calendar"),
        known_from=min(row.valid_from for row in spans if row.valid_from),
        known_to=max(row.valid_to for row in spans if row.valid_to),
    )


def _settles_on(days: Calendar, date: datetime.date) -> datetime.date | None:
    """The settlement date of a trade; None where no cycle is known, or the calendar ends before it."""
    try:
        return days.settlement_date(date)
    except (MissingRule, ExpiredRule):
        return None


def _phase_text(phase: Phase) -> str:
    return f"{phase.opens:%H:%M}-{phase.closes:%H:%M} {phase.name}"


def _matching(table: RuleTable, request: RulesRequest) -> Iterable[RuleRow]:
    """The rows that fit the filters; single days of calendars only when that field is asked for."""
    for row in table.rows:
        if row.unit == "day" and request.field != row.field:
            continue
        asked = {"market": row.market, "venue": row.venue, "board": row.board, "product": row.product}
        asked |= {"field": row.field, "status": row.status}
        if all(getattr(request, name) in ("", value) for name, value in asked.items()):
            yield row


def _warnings(table: RuleTable, date: datetime.date) -> dict[tuple[str, ...], str]:
    ending = table.ending(date, EXPIRY_WARNING_DAYS)
    return {row.identity: warning for warning, rows in ending.items() for row in rows}


def _rule_line(context: Context, row: RuleRow, date: datetime.date, warning: str) -> RuleLine:
    fields = msgspec.structs.asdict(row)
    fields["lower_bound"] = format_money(row.lower_bound) if row.lower_bound else ""
    left = (row.valid_to - date).days if row.valid_to else None
    label = translate(field_labels().get(row.field, row.field), context.language)
    return RuleLine(warning=warning, days_left=left, label=label, **fields)


def _by_warning(line: RuleLine) -> tuple[bool, str]:
    """Expired and expiring rows first, then by field; the sort keeps the order of bands."""
    return (not line.warning, line.field)
