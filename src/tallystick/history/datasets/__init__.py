"""The datasets of the history room, each declared in one place: records, tables, and what a file must give."""

from __future__ import annotations

from tallystick.history.datasets.bars import DailyBar, MinuteBar
from tallystick.history.datasets.clients import ClientContact, PastTrade, ProductTerm
from tallystick.history.datasets.dataset import Dataset, Ratio
from tallystick.history.datasets.figures import Fundamental, FuturesSettlement, InterestRate
from tallystick.history.datasets.flows import InvestorFlow
from tallystick.history.datasets.quarantine import QUARANTINE, QuarantinedRow
from tallystick.history.datasets.reference import CorporateAction, IndexMember, ReferencePrice
from tallystick.history.datasets.registry import (
    DATASETS,
    append_bars,
    declare,
    find_dataset,
    is_there,
    lake_of,
    with_own_columns,
)
from tallystick.history.datasets.ticks import Depth, Quote, Trade

__all__ = [
    "DATASETS",
    "QUARANTINE",
    "ClientContact",
    "CorporateAction",
    "DailyBar",
    "Dataset",
    "Depth",
    "Fundamental",
    "FuturesSettlement",
    "IndexMember",
    "InterestRate",
    "InvestorFlow",
    "MinuteBar",
    "PastTrade",
    "ProductTerm",
    "QuarantinedRow",
    "Quote",
    "Ratio",
    "ReferencePrice",
    "Trade",
    "append_bars",
    "declare",
    "find_dataset",
    "is_there",
    "lake_of",
    "with_own_columns",
]
