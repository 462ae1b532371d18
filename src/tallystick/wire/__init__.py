"""Codecs for files and messages of the outside world: bytes in, columns out, and back, to the byte.

Words: a *layout* says, as dated data, which fields a file has, where, in which form; a *fault* is a row or line that
does not read, with its number; *unknown* is what a file holds and its layout does not; a *proof* compares a control
total that the file states with the one its rows give.

Guarantees: a fixed-width record is cut in bytes and then decoded; every listed field round-trips exactly, or writing
fails; a bad row never costs a good one; what is unknown is reported, never dropped in silence; XML entities are
refused. Money is int64 in 1e-4 of the currency inside, whatever decimals the file has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.wire.camt053 import CamtEntry, CamtStatement, read_camt053, write_camt053
    from tallystick.wire.dbf import DbfTable, read_dbf
    from tallystick.wire.files import read_file, write_file
    from tallystick.wire.layout import Field, Layout, find_layout
    from tallystick.wire.mt940 import MT940Balance, MT940Line, MT940Statement, read_mt940, write_mt940
    from tallystick.wire.reading import FileRead, LineFault, Proof, Unknown

__all__ = [
    "CamtEntry",
    "CamtStatement",
    "DbfTable",
    "Field",
    "FileRead",
    "Layout",
    "LineFault",
    "MT940Balance",
    "MT940Line",
    "MT940Statement",
    "Proof",
    "Unknown",
    "find_layout",
    "read_camt053",
    "read_dbf",
    "read_file",
    "read_mt940",
    "write_camt053",
    "write_file",
    "write_mt940",
]

_MODULES = {
    "camt053": ("CamtEntry", "CamtStatement", "read_camt053", "write_camt053"),
    "dbf": ("DbfTable", "read_dbf"),
    "files": ("read_file", "write_file"),
    "layout": ("Field", "Layout", "find_layout"),
    "mt940": ("MT940Balance", "MT940Line", "MT940Statement", "read_mt940", "write_mt940"),
    "reading": ("FileRead", "LineFault", "Proof", "Unknown"),
}


def __getattr__(name: str) -> Any:
    """Import a codec on first use."""
    for module, names in _MODULES.items():
        if name in names:
            import importlib

            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(name)
