"""Open a firm folder and wire the rooms: the one composition root.

>>> import tempfile, pathlib, datetime
>>> folder = pathlib.Path(tempfile.mkdtemp()) / "firm"
>>> with Firm.create(folder, first_day=datetime.date(2026, 11, 19)) as firm:
...     firm.journal.head().day
datetime.date(2026, 11, 19)
"""

from __future__ import annotations

import datetime
import functools
import importlib
import os
import pwd
import re
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context, Decision
from tallystick.core.disk import room_for
from tallystick.core.engine import Engine
from tallystick.core.errors import TallystickError
from tallystick.core.functions import Room, named_fields, suggested
from tallystick.core.operations import OPERATIONS, call, find_operation
from tallystick.core.settings import Settings, load_settings, write_settings

if TYPE_CHECKING:
    from tallystick.core.access import Access, Actor
    from tallystick.core.business import BusinessTable
    from tallystick.core.follower import Follower
    from tallystick.core.journal import ServingReader
    from tallystick.core.lake import Lake
    from tallystick.core.machine import Machine
    from tallystick.core.progress import Progress
    from tallystick.core.vault import Vault
    from tallystick.core.writer import WriterClient

__all__ = ["OPERATION_MODULES", "Firm", "load_operations", "run_writer", "system_user"]

OPERATION_MODULES = (
    "tallystick.core.journal_operations",
    "tallystick.core.access_operations",
    "tallystick.market.operations",
    "tallystick.history.loading.operations",
    "tallystick.history.loading.typed_operations",
    "tallystick.history.asking.operations",
    "tallystick.history.keeping.operations",
    "tallystick.history.keeping.archive_operations",
    "tallystick.history.keeping.quality_operations",
    "tallystick.history.keeping.typed_operations",
    "tallystick.history.keeping.retention_operations",
    "tallystick.history.keeping.hold_operations",
    "tallystick.history.feeding.operations",
    "tallystick.history.studies.operations",
    "tallystick.ledger.operations",
    "tallystick.risk.operations",
    "tallystick.governance.operations",
    "tallystick.simulation.operations",
)
"""Where the rooms declare their operations; importing them fills the registry that all doors read."""

WRITER_LINGER_SECONDS = 10
UNFIT_LETTERS = re.compile(r"[?*\\\x00-\x1f\x7f]")
"""Letters that no firm's path has: addresses and patterns of files have their own meaning of them."""

MOST_FOUNDING = 100
"""A journal of so many batches is of a firm that was made whole: its making takes fewer."""


def load_operations() -> None:
    """Import every room's operations, so that the registry is whole. They import nothing heavy."""
    for name in OPERATION_MODULES:
        importlib.import_module(name)


def make_machines() -> list[Machine]:
    """All machines of a firm, empty, in house order: each may read those before it, by the rule of `core.machine`."""
    from tallystick.clients import ClientsMachine
    from tallystick.core.access import AccessMachine
    from tallystick.core.approvals import ApprovalsMachine
    from tallystick.core.day import DayMachine
    from tallystick.core.work import WorkMachine
    from tallystick.governance.onboarding import OnboardingMachine
    from tallystick.history import HistoryMachine
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine
    from tallystick.risk import GateMachine
    from tallystick.risk.margin import MarginMachine

    approvals = ApprovalsMachine()
    day = DayMachine()
    market = MarketMachine(approved=approvals.is_approved)
    ledger = LedgerMachine(market)
    gate = GateMachine(market, ledger, approved=approvals.is_approved)
    return [
        day,
        AccessMachine(),
        approvals,
        WorkMachine(),
        market,
        HistoryMachine(approved=approvals.is_approved),
        ledger,
        ClientsMachine(),
        gate,
        MarginMachine(market, ledger),
        OnboardingMachine(day, market, ledger, approved=approvals.is_approved),
    ]


def business_tables() -> list[BusinessTable]:
    """The business tables of all rooms, which the history room feeds from the journal."""
    from tallystick.clients import tables as clients
    from tallystick.core.business import BusinessTable
    from tallystick.governance import tables as governance
    from tallystick.ledger import tables as ledger
    from tallystick.risk import tables as risk

    events = clients.CLIENT_EVENTS
    told_by_risk = BusinessTable(events.spec, events.record_class, (*events.derive, risk.terms_events))
    return [*risk.TABLES, *ledger.TABLES, told_by_risk, *governance.TABLES]


def _found(context: Context, first_day: datetime.date) -> None:
    """The first commands of every firm: its day, rules, roles, administrator, and its own parties and accounts."""
    import msgspec

    from tallystick.core.access import GrantRole, seed_roles
    from tallystick.core.day import DayOpened
    from tallystick.core.snapshots import code_version
    from tallystick.history import adopt_shipped
    from tallystick.ledger import house_accounts, house_parties
    from tallystick.ledger.events import OpenAccount, RegisterParty
    from tallystick.market import seed_command

    # Every founding command has a fixed id, so that equal firms have equal chains.
    rules = msgspec.structs.replace(seed_command(), command_id="seed-rules")
    context.send(
        DayOpened(
            command_id=f"day-{first_day}",
            business_date=first_day,
            code_version=code_version(),
            rule_set=rules.rule_set,
        )
    )
    roles = seed_roles()
    administrator = GrantRole(command_id="seed-administrator", user=context.actor.name, role="administrator")
    for command in (rules, *roles, administrator):
        _accepted(context.send(command))
    adopt_shipped(context)
    actor = context.actor.name
    if not context.machine("ledger").party_count:
        _accepted(context.writer.decide(RegisterParty, house_parties(), actor=actor))
    _accepted(context.writer.decide(OpenAccount, house_accounts(first_day), actor=actor))


def _first_session(asked: datetime.date | None, settings: Settings) -> datetime.date:
    """The day asked for, if the home calendar has a session on it; today's or the next session when none is asked."""
    from tallystick.core.time import SystemClock, format_time, parse_date
    from tallystick.market import Calendar

    calendar = Calendar(settings.firm.home_calendar)
    day = asked or parse_date(format_time(SystemClock().now(), settings.firm.zone)[:10])
    if calendar.is_session(day):
        return day
    following = calendar.next_session(day)
    if asked is not None:
        raise TallystickError(
            "firm.no_session",
            "{day} is no session of {venue}, so that the firm cannot begin on it.",
            "The next session is {next}: `tally init DIR --first-day {next}`.",
            day=str(day),
            venue=settings.firm.home_calendar,
            next=str(following),
        )
    return following


def _accepted(decision: Decision) -> None:
    assert decision.accepted, f"a founding command was refused: {decision.rejections()}"


def _require_plain(path: Path) -> None:
    """Refuse a path with letters that what opens the firm's files would take for something else."""
    whole = str(path.resolve())
    if UNFIT_LETTERS.search(whole):
        raise TallystickError(
            "firm.path_letters",
            "A firm cannot be at {folder}: a letter of this path means something else to what reads its files.",
            "Choose or rename the folder so that its whole path has no ? * \\ and no control character.",
            folder=UNFIT_LETTERS.sub(lambda found: found[0] if found[0].isprintable() else "�", whole),
        )


def system_user() -> str:
    """The operating system's account of this process; environment variables are not believed."""
    return pwd.getpwuid(os.getuid()).pw_name


class OpenHouse:
    """An opened firm folder (`core.context.House`): its parts are opened on first use and shared by all calls."""

    def __init__(self, path: Path, user: str) -> None:
        from tallystick.history import declare_business

        _require_plain(path)
        declare_business(business_tables())
        self.path = path.resolve()
        self.settings = load_settings(self.path)
        self.user = user
        self._lock = threading.RLock()

    @functools.cached_property
    def journal(self) -> ServingReader:
        """The journal, read-only, as far as it is proven."""
        from tallystick.core.journal import ServingReader

        return ServingReader(self.path / "journal")

    @property
    def damage(self) -> TallystickError | None:
        """What is wrong with the journal; the first ask proves the newest day, later ones tell what was met since."""
        return self.journal.prove()

    @functools.cached_property
    def lake(self) -> Lake:
        """The lake of open tables, the business tables fed from the journal."""
        from tallystick.core.lake import Lake
        from tallystick.history import feed_lake

        lake = Lake(self.path / "lake", self.settings.lake)
        feed_lake(lake, self, business_tables())
        return lake

    @functools.cached_property
    def vault(self) -> Vault:
        """Personal data and secrets."""
        from tallystick.core.vault import Vault

        return Vault(self.path / "vault.sqlite")

    @functools.cached_property
    def access(self) -> Access:
        """Who may do what, as the journal says. TallystickError while the firm's making has not come to its end."""
        from tallystick.core.access import Access

        if self.journal.head().seq < MOST_FOUNDING and not self.damage and not self.is_founded:
            raise TallystickError(
                "firm.half_made",
                "The making of the firm in {folder} was stopped before its end.",
                "Finish it with `tally init {folder}`: it goes on where it was.",
                folder=str(self.path),
            )
        return Access(self, self.vault)

    @functools.cached_property
    def writer(self) -> WriterClient:
        """The door for commands; the writer process starts with the first one."""
        from tallystick.core.writer import WriterClient

        command = [
            sys.executable,
            "-m",
            "tallystick",
            "writer",
            str(self.path),
            "--linger",
            str(WRITER_LINGER_SECONDS),
        ]
        return WriterClient(self.path, self.user, command)

    @property
    def is_founded(self) -> bool:
        """Whether the making of the firm came to its end."""
        return bool(self.machine("ledger").account_count)

    @property
    def snapshots(self) -> Path:
        """Where saved machine states are."""
        return self.path / "journal" / "snapshots"

    def engine(self) -> Engine:
        """All machines, fresh and empty."""
        return Engine(make_machines())

    def engine_at(self, seq: int) -> Engine:
        """All machines as they stood after a batch, for reading: the followed ones if that is the journal's head."""
        from tallystick.core.follower import Follower

        with self._lock:
            if self._caught_up().seq == seq:
                return self._follower.engine
        engine = self.engine()
        if Follower(self.journal, engine, self.snapshots).catch_up(seq) < seq and self.journal.damage:
            raise self.journal.damage
        return engine

    @functools.cached_property
    def _follower(self) -> Follower:
        from tallystick.core.follower import Follower

        return Follower(self.journal, self.engine(), self.snapshots)

    def _caught_up(self) -> Follower:
        """The follower at the journal's head; begun anew if a damage was met behind the snapshot that it began with."""
        reached = self._follower.catch_up()
        if self.journal.damage is not None and reached > self.journal.head().seq:
            del self._follower
            self._follower.catch_up()
        return self._follower

    def machine(self, name: str) -> Any:
        """A machine followed up to the journal's head, for reading.

        A damaged journal opens read-only: the machine then stands where the last proven batch left it.
        """
        with self._lock:
            return self._caught_up().engine.machines[name]

    def close(self) -> None:
        """Let go of the writer and the files; the writer process goes on for others."""
        for part in ("writer", "journal", "lake", "vault"):
            if part in self.__dict__:
                self.__dict__.pop(part).close()


class Firm:
    """The door for Python: `firm.<room>.<operation>(field=value, …)` calls an operation as the firm's user.

    A reply is a record, a `Table` or a `Rejection`. Writes go through the one writer process. `firm.house` has the
    parts beneath: journal, lake, machines.
    """

    def __init__(self, path: Path, *, user: str | None = None) -> None:
        load_operations()
        self.user = user or system_user()
        self.house = OpenHouse(path, self.user)

    @classmethod
    def open(cls, path: str | Path, *, user: str | None = None) -> Firm:
        """Open a firm folder as a user (the operating system's when none is named).

        Errors: TallystickError when the folder is no firm or at an unfit path, or a setting is wrong.
        """
        return cls(Path(path), user=user)

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        first_day: datetime.date | None = None,
        settings: Settings | None = None,
        user: str | None = None,
    ) -> Firm:
        """Make a firm folder: settings, an open journal, rules and roles; the user becomes its administrator.

        A making that was stopped goes on, with the settings that it has written.
        `first_day` is a session of the home calendar; today's or the next one when none is given. Errors:
        TallystickError when the folder already holds a firm, the day is no session, or a setting is out of its range.
        """
        with room_for(f"tally init {path}"):
            return cls._made(Path(path), first_day, settings or Settings(), user)

    @classmethod
    def _made(
        cls, folder: Path, first_day: datetime.date | None, settings: Settings, user: str | None
    ) -> Firm:
        """A firm in a folder, its making begun or gone on with."""
        _require_plain(folder)
        if not (folder / "firm.toml").exists():
            day = _first_session(first_day, settings)
            folder.mkdir(parents=True, exist_ok=True)
            write_settings(folder, settings)
            firm = cls(folder, user=user)
        else:
            firm = cls(folder, user=user)
            if firm.is_founded:
                firm.close()
                raise TallystickError(
                    "firm.exists",
                    "{folder} holds a firm already.",
                    "Open it, or choose another folder.",
                    folder=str(folder),
                )
            day = _first_session(first_day, firm.settings)
        try:
            _found(firm.context(), day)
        except BaseException:
            firm.close()
            raise
        return firm

    @property
    def is_founded(self) -> bool:
        """Whether the making of the firm came to its end."""
        return self.house.is_founded

    @property
    def path(self) -> Path:
        """The firm's folder."""
        return self.house.path

    @property
    def settings(self) -> Settings:
        """`firm.toml` and environment, checked."""
        return self.house.settings

    def context(
        self, *, actor: Actor | None = None, progress: Progress | None = None, language: str = "en"
    ) -> Context:
        """The surroundings of a call, as an actor (the firm's user when none is given)."""
        from tallystick.core.access import Actor

        return Context(self.house, actor or Actor(self.user), progress=progress, language=language)

    def call(self, name: str, /, *values: Any, **fields: Any) -> Any:
        """Call an operation by name with its request's fields, by name or in their order.

        Times and dates may be Python's own where a request takes them as text.
        """
        return call(self.context(), name, named_fields(find_operation(name), values, fields))

    def __getattr__(self, name: str) -> Room:
        if not name.startswith("_") and any(operation.room == name for operation in OPERATIONS.values()):
            return Room(name, self.call)
        rooms = {operation.room for operation in OPERATIONS.values()}
        raise AttributeError(f"A firm has no room {name}. {suggested(name, sorted(rooms))}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(operation.room for operation in OPERATIONS.values())})

    def close(self) -> None:
        """Let go of the writer and the files; the writer process goes on for others."""
        self.house.close()

    def __enter__(self) -> Firm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run_writer(folder: Path, *, linger_seconds: float | None = None, ready_fd: int | None = None) -> None:
    """Be the firm's writer until stopped: the one process that decides and appends.

    With `ready_fd`, tells the process that started it when clients may come, or why they may not.
    """
    from tallystick.core.writer.process import be_writer

    def engine() -> Engine:
        load_operations()
        return Engine(make_machines())

    be_writer(folder, engine, linger_seconds=linger_seconds, ready_fd=ready_fd)
