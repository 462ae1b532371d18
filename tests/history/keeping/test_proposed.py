"""What a second person is shown of a proposal: every field of the command, beside what is in force."""

from __future__ import annotations

import pytest

from tallystick.core.errors import NotFound


def lines_of(firm, proposal):
    return {
        (line.part, line.name): (line.in_force, line.proposed)
        for line in firm.approvals.show(proposal=proposal).changes
    }


def test_quota_is_shown_beside_the_one_in_force(firm, approve):
    firm.history.set_quota(role="auditor", rows_per_day=10, reason="narrow")
    other = firm.history.set_quota(role="quant", rows_per_day=20, reason="wider than another role's")
    assert lines_of(firm, other.id)["", "rows_per_day"] == ("", "20")
    second = firm.history.set_quota(role="auditor", rows_per_day=1_000, reason="more")
    told = lines_of(firm, second.id)
    assert told["", "rows_per_day"] == ("10", "1000")
    assert told["", "bytes_per_day"] == ("", "no limit")
    assert told["", "role"] == ("", "auditor")
    assert not {name for _, name in told} & {"command_id", "actor", "approval", "received_at"}
    approve(second)
    shown = firm.approvals.show(proposal=second.id)
    assert (shown.state, shown.checker, shown.content) == ("approved", "checker", shown.content)
    assert {line.in_force for line in shown.changes} == {""}  # what is in force now is the proposal itself


def test_release_of_a_hold_shows_what_it_keeps(firm):
    firm.history.place_hold(hold="CASE-1", datasets=["bars_daily"], reason="an order")
    proposal = firm.history.release_hold(hold="CASE-1", reason="closed")
    told = lines_of(firm, proposal.id)
    assert told["", "datasets"] == ("history.bars_daily", "")
    assert told["", "reason"] == ("an order", "closed")


def test_retention_rows_are_shown_beside_those_that_they_replace(firm, approve):
    header = (
        "jurisdiction,record_class,rule,value,unit,clock,valid_from,valid_to,source,source_date,status,note\n"
    )
    row = "*,market_data,house_keeping,{years},years,year_end,,,house rule,,house,\n"
    approve(firm.history.propose_retention(rows=header + row.format(years=5), reason="made up"))
    proposal = firm.history.propose_retention(rows=header + row.format(years=1), reason="less")
    told = lines_of(firm, proposal.id)
    assert told["rows 1", "value"] == ("5", "1")
    assert told["rows 1", "record_class"] == ("market_data", "market_data")


def test_packed_rule_rows_are_read_out(firm):
    text = (
        "market,venue,board,product,field,side,lower_bound,value,unit,valid_from,valid_to,source,source_date,status,note\n"
        "TW,ROCO,*,stock,price_limit,up,,6.5,percent,1989-01-01,2015-05-31,made up,,verified,\n"
    )
    proposal = firm.market.propose_rules(rows=text, reason="made up")
    told = lines_of(firm, proposal.id)
    assert told["rows 1", "value"] == ("7", "6.5")
    assert told["rows 1", "valid_from"] == ("1989-01-01", "1989-01-01")


def test_looser_terms_are_shown_in_words_and_amounts(firm):
    proposal = firm.risk.kill_switch(scope="firm", stopped=False, reason="go on")
    assert lines_of(firm, proposal.id)["", "stopped"] == ("no", "no")


def test_unknown_proposal_is_said(firm):
    with pytest.raises(NotFound, match="no open proposal"):
        firm.approvals.show(proposal="none")
