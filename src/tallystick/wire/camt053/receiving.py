"""A camt.053 message to statements: entity declarations are refused, unknown elements reported."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as Tree

import msgspec

from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.money import SCALE
from tallystick.wire.camt053.statements import (
    BALANCE_PATHS,
    ENTRY_PATHS,
    STATEMENT_PATHS,
    SUMMARY_PATHS,
    CamtEntry,
    CamtRead,
    CamtStatement,
    summary,
)  # fmt: skip
from tallystick.wire.reading import LineFault, Proof, Unknown

__all__ = ["read_camt053"]


def read_camt053(data: bytes) -> CamtRead:
    """The statements of a message. TallystickError when it is no well-formed XML in UTF-8 or declares entities."""
    found = CamtRead([], [], [], [])
    unknown: Counter[str] = Counter()
    for place, statement in enumerate(_statements(data), 1):
        fields = _collect(statement, STATEMENT_PATHS, unknown, skip=("Ntry", "Bal", "TxsSummry"))
        summary = _collect(statement, SUMMARY_PATHS, Counter(), skip=())
        balances = [_collect(part, BALANCE_PATHS, unknown, skip=()) for part in _children(statement, "Bal")]
        entries: list[CamtEntry] = []
        for number, part in enumerate(_children(statement, "Ntry"), 1):
            try:
                entries.append(_entry(_collect(part, ENTRY_PATHS, unknown, skip=())))
            except (KeyError, ValueError, msgspec.ValidationError) as problem:
                found.faults.append(LineFault(number, "Ntry", _unreadable("Ntry", problem)))
        try:
            whole = _statement(fields, balances, entries)
        except (KeyError, ValueError, msgspec.ValidationError) as problem:
            found.faults.append(LineFault(place, "Stmt", _unreadable("Stmt", problem)))
            continue
        found.statements.append(whole)
        found.proofs.extend(_proofs(whole, summary))
    found.unknown.extend(Unknown(f"element {path}", 0, count) for path, count in sorted(unknown.items()))
    return found


def _statements(data: bytes) -> Iterator[Tree.Element]:
    """Each statement as it ends; the parts that were read are let go of."""
    try:
        text = data.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("it declares a document type or entities")
        for _, element in Tree.iterparse(io.StringIO(text), events=("end",)):
            if _name(element) == "Stmt":
                yield element
                element.clear()
    except (ValueError, Tree.ParseError) as problem:
        raise TallystickError(
            "wire.bad_xml",
            "The message is not plain XML in UTF-8: {problem}.",
            "Ask the sender for it again.",
            problem=str(problem),
        ) from None


def _name(element: Tree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Tree.Element, name: str) -> list[Tree.Element]:
    return [child for child in element if _name(child) == name]


def _collect(
    element: Tree.Element, paths: dict[str, str], unknown: Counter[str], *, skip: tuple[str, ...]
) -> dict[str, str]:
    """The texts at the known paths below an element; other leaves that carry text are counted as unknown."""
    found: dict[str, str] = {}
    waiting = [(child, _name(child)) for child in reversed(element) if _name(child) not in skip]
    while waiting:
        part, path = waiting.pop()
        waiting += [(child, f"{path}/{_name(child)}") for child in reversed(part)]
        text = (part.text or "").strip()
        if path in paths and paths[path] not in found:
            found[paths[path]] = text
        elif text:
            unknown[f"{_name(element)}/{path}"] += 1
    return found


def _entry(fields: dict[str, str]) -> CamtEntry:
    fields = dict(fields)
    amount = _signed(fields.pop("amount"), fields.pop("side"))
    return msgspec.convert(fields | {"amount": amount}, CamtEntry, strict=False)


def _statement(
    fields: dict[str, str], balances: list[dict[str, str]], entries: list[CamtEntry]
) -> CamtStatement:
    by_code = {balance["code"]: balance for balance in balances}
    first, last = by_code["OPBD"], by_code["CLBD"]
    ends = {
        "opening": _signed(first["amount"], first["side"]), "opening_date": first["date"],
        "closing": _signed(last["amount"], last["side"]), "closing_date": last["date"],
    }  # fmt: skip
    statement = msgspec.convert(fields | ends, CamtStatement, strict=False)
    return msgspec.structs.replace(statement, entries=entries)


def _proofs(statement: CamtStatement, stated: dict[str, str]) -> list[Proof]:
    """What the summary states against what the entries give, and OPBD + entries = CLBD."""
    computed = summary(statement)
    proofs = []
    for name, text in stated.items():
        value = _positive(text) if name.endswith("sum") else int(text) if text.isdigit() else None
        proofs.append(Proof(f"{statement.account} {name}", value, computed[name]))
    moved = statement.opening + sum(entry.amount for entry in statement.entries)
    return [*proofs, Proof(f"{statement.account} balance", statement.closing, moved)]


def _signed(text: str, side: str) -> int:
    value = _positive(text)
    if value is None or side not in ("CRDT", "DBIT"):
        raise ValueError(f"{text} {side} is no amount")
    return -value if side == "DBIT" else value


def _positive(text: str) -> int | None:
    whole, _, fraction = text.partition(".")
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit() or len(fraction) > 4:
        return None
    return int(whole or 0) * SCALE + int(fraction.ljust(4, "0"))


def _unreadable(element: str, problem: Exception) -> Rejection:
    return Rejection(
        code="wire.xml_element",
        text="The element {element} does not read: {problem}.",
        remedy="Ask the sender for the statement again.",
        values={"element": element, "problem": str(problem)},
    )
