"""Statements to a camt.053 message, its summaries computed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Tree

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.money import SCALE
from tallystick.wire.camt053.statements import (
    STATEMENT_PATHS,
    SUMMARY_PATHS,
    CamtEntry,
    CamtStatement,
    summary,
)

__all__ = ["write_camt053"]

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
XML_TEXT = re.compile("[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""What may stand in an element, but for line feeds and tabs."""


def write_camt053(statements: Sequence[CamtStatement], *, message: str = "M1") -> bytes:
    """The message's bytes in UTF-8, with summaries computed. TallystickError when a text has no place in XML."""
    root = Tree.Element("Document", xmlns=NAMESPACE)
    body = Tree.SubElement(root, "BkToCstmrStmt")
    _put(body, "GrpHdr/MsgId", message)
    _put(body, "GrpHdr/CreDtTm", statements[0].created_at if statements else "")
    for statement in statements:
        body.append(_statement_element(statement))
    Tree.indent(root, " ")
    return bytes(Tree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _statement_element(statement: CamtStatement) -> Tree.Element:
    element = Tree.Element("Stmt")
    values = msgspec.to_builtins(statement)
    for path, name in STATEMENT_PATHS.items():
        _put(element, path, str(values[name]))
    for code, amount, date in (
        ("OPBD", statement.opening, statement.opening_date),
        ("CLBD", statement.closing, statement.closing_date),
    ):
        balance = Tree.SubElement(element, "Bal")
        _put(balance, "Tp/CdOrPrtry/Cd", code)
        _put(balance, "Amt", _amount(amount)).set("Ccy", statement.currency)
        _put(balance, "CdtDbtInd", _side(amount))
        _put(balance, "Dt/Dt", date.isoformat())
    for path, name in SUMMARY_PATHS.items():
        total = summary(statement)[name]
        _put(element, path, _amount(total) if name.endswith("sum") else str(total))
    element.extend(_entry_element(entry, statement.currency) for entry in statement.entries)
    return element


def _entry_element(entry: CamtEntry, currency: str) -> Tree.Element:
    element = Tree.Element("Ntry")
    if entry.entry_number:
        _put(element, "NtryRef", entry.entry_number)
    _put(element, "Amt", _amount(entry.amount)).set("Ccy", currency)
    _put(element, "CdtDbtInd", _side(entry.amount))
    if entry.reversal:
        _put(element, "RvslInd", "true")
    _put(element, "Sts/Cd", entry.status)
    _put(element, "BookgDt/Dt", entry.booked_on.isoformat())
    if entry.value_date:
        _put(element, "ValDt/Dt", entry.value_date.isoformat())
    _put(element, "AcctSvcrRef", entry.reference)
    if entry.end_to_end:
        _put(element, "NtryDtls/TxDtls/Refs/EndToEndId", entry.end_to_end)
    if entry.information:
        _put(element, "AddtlNtryInf", entry.information)
    return element


def _put(element: Tree.Element, path: str, text: str) -> Tree.Element:
    """Make the path's elements (reusing the last one of its name but for the leaf) and set the leaf's text."""
    *stem, leaf = path.split("/")
    for name in stem:
        last = element[-1] if len(element) else None
        element = last if last is not None and last.tag == name else Tree.SubElement(element, name)
    if text != text.strip() or not XML_TEXT.fullmatch(text):
        raise TallystickError(
            "wire.xml_text",
            "The text {text} has no place in the element {element}.",
            "Leave out control characters and outer blanks.",
            text=repr(text),
            element=path,
        )
    child = Tree.SubElement(element, leaf)
    child.text = text
    return child


def _amount(amount: int) -> str:
    whole, fraction = divmod(abs(amount), SCALE)
    text = f"{fraction:04d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{text}"


def _side(amount: int) -> str:
    return "DBIT" if amount < 0 else "CRDT"
