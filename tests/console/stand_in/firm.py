"""A firm in memory: real machines for access, work, approvals, market and history, a real lake, a made-up book."""

from __future__ import annotations

import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from history import fill_history
from made_up_book import BATCHES, DAY, NAMES, OPENING, Book

from tallystick.core.access import Access, AccessMachine, DefineRole, GrantRole, seed_roles
from tallystick.core.approvals import ApprovalsMachine, proposal_for
from tallystick.core.day import DayMachine, DayOpened
from tallystick.core.errors import Rejection
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.lake import Lake
from tallystick.core.schema import Record
from tallystick.core.settings import Settings
from tallystick.core.vault import Vault
from tallystick.core.work import CloseWork, NoteWork, OpenWork, WorkMachine
from tallystick.history import HistoryMachine, append_bars
from tallystick.market import MarketMachine, day_terms, seed_command
from tallystick.market.events import RegisterInstrument, SetDayTerms
from tallystick.risk.gate.events import SetKillSwitch

PASSWORD = "made-up-password"


class Firm:
    """What a `House` offers, in memory."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.path = folder
        self.book = Book()
        self.machines = {
            m.name: m
            for m in (
                DayMachine(),
                AccessMachine(),
                ApprovalsMachine(),
                WorkMachine(),
                MarketMachine(),
                HistoryMachine(),
            )
        }
        self.moved = 0
        self.damage = None
        self.writer = self
        self.vault = Vault(folder / "vault.sqlite")
        self.access = Access(self, self.vault)
        self.journal = SimpleNamespace(
            head=lambda: SimpleNamespace(seq=BATCHES + self.moved),
            batches=lambda **_: iter(()),
            batch=lambda seq: SimpleNamespace(recorded_at=OPENING),
        )
        self.lake = Lake(folder / "lake")
        append_bars(
            self.lake,
            self.book.bars.rename({"turnover": "amount"}).to_arrow(compat_level=pl.CompatLevel.oldest()),
        )
        self._seed()
        fill_history(self, folder)

    def machine(self, name: str) -> Any:
        return self.machines[name]

    def engine(self) -> Any:
        return SimpleNamespace(machines=self.machines)

    def send(self, command: Record, actor: str = "operations") -> Any:
        return self.decide(type(command), [command], actor)

    def decide(self, record: type[Record], records: Any, actor: str = "operations") -> Any:
        kind = event_of(record)
        if not kind.fixed:
            import msgspec

            stamp = OPENING + 16_200 * 10**9 + self.moved * 10**9
            said = {"received_at": stamp} | ({"actor": actor} if hasattr(records[0], "actor") else {})
            records = [msgspec.structs.replace(command, **said) for command in records]
        decider = next((m for m in self.machines.values() if record in m.decides), None)
        verdicts = decider.decide(record, records) if decider else np.zeros(len(records), verdict_dtype())
        self.moved += 1
        rejected = [
            r for mask in verdicts["mask"].tolist() for r in ([kind.reasons_in(mask)] if mask else [])
        ]
        return SimpleNamespace(
            accepted=not rejected,
            position=BATCHES + self.moved,
            verdicts=verdicts,
            rejections=lambda values=None: [
                Rejection(code=r.code, text=r.text, remedy=r.remedy, values=values or {})
                for rs in rejected
                for r in rs
            ],
        )

    def _seed(self) -> None:
        for role in seed_roles():
            self.send(role)
        self.send(DefineRole(role="clerk", permissions=["market.read", "work.read", "journal.read"]))
        for user, role in (("ann", "administrator"), ("ben", "risk_officer"), ("cat", "clerk")):
            self.send(GrantRole(user=user, role=role))
            self.vault.set_password(user, PASSWORD)
        self.send(seed_command())
        self.send(DayOpened(business_date=DAY, code_version="stand-in"))
        for code, name, name_zh in NAMES:
            self.send(
                RegisterInstrument(
                    symbol=f"{code}.XTAI", name=name, name_zh=name_zh, industry="Made-up industry"
                )
            )
        self.moved = 0
        codes = np.arange(len(NAMES))
        prices = np.array([self.book.previous[symbol] for symbol in self.book.symbols])
        terms = day_terms(self.machine("market"), codes, prices, DAY)
        assert self.decide(SetDayTerms, terms).accepted
        for number, (severity, title, owner, due) in enumerate((
            ("severe", "Settlement bank's total differs from ours by TWD 120,000", "ben", DAY),
            ("high", "Account 702-100058-8 was refused 14 times in a row", "ben", DAY),
            ("medium", "Two rule rows end within 60 days", "", DAY + datetime.timedelta(days=6)),
            ("medium", "Quarantined rows of the price file wait", "ann", DAY + datetime.timedelta(days=3)),
            ("low", "Rename the branch codes in the monthly file", "", DAY + datetime.timedelta(days=12)),
        )):  # fmt: skip
            self.send(
                OpenWork(
                    work=f"w{number}",
                    room="risk",
                    title=title,
                    owner=owner,
                    severity=severity,
                    due=due,
                    subject=f"O20261120-{number}",
                )
            )
        self.send(NoteWork(work="w0", note="Asked the bank for its statement."))
        self.send(CloseWork(work="w4", outcome="not needed"))
        self.send(
            proposal_for(
                SetKillSwitch(scope="account:58", stopped=False, reason="The client explained"),
                "p1",
                "Lift the stop of account 58",
                "The client explained",
            ),
            actor="ben",
        )
        self.moved = 0
