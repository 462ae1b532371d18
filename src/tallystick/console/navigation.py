"""The rail: the firm's own section, the market, then the seven rooms; each entry is a page, or still to come."""

from __future__ import annotations

import msgspec

from tallystick.console.words import mark as _

__all__ = ["RAIL", "Entry", "Section", "section_of"]


class Entry(msgspec.Struct, frozen=True):
    """One page in the rail."""

    title: str
    address: str

    def holds(self, path: str) -> bool:
        """Whether a path is this page or a record below it."""
        return path == self.address or (self.address != "/" and path.startswith(f"{self.address}/"))


class Section(msgspec.Struct, frozen=True):
    """The firm or one room: its title, the key that goes there after `g`, its pages, and what is to come."""

    name: str
    title: str
    letter: str
    entries: tuple[Entry, ...] = ()
    to_come: str = ""

    @property
    def address(self) -> str:
        """Its first page; a room without pages has one that says what will be there."""
        return self.entries[0].address if self.entries else f"/rooms/{self.name}"

    def holds(self, path: str) -> bool:
        """Whether the rail shows its pages: on each of them and on its forms, and the firm's own everywhere."""
        forms = path.startswith(f"/do/{self.name}.")
        return (
            self.name == "firm"
            or forms
            or path == self.address
            or any(entry.holds(path) for entry in self.entries)
        )


RAIL = (
    Section(
        "firm",
        _("Firm"),
        "f",
        (
            Entry(_("Overview"), "/"),
            Entry(_("Journal"), "/journal/batches"),
            Entry(_("Work items"), "/work"),
            Entry(_("Approvals"), "/approvals"),
        ),
    ),
    Section(
        "market",
        _("Market"),
        "m",
        (
            Entry(_("Instruments"), "/market/instruments"),
            Entry(_("Rules in force"), "/market/rules"),
        ),
    ),
    Section(
        "history",
        _("History"),
        "h",
        (
            Entry(_("Datasets"), "/history/datasets"),
            Entry(_("Prices"), "/history/instruments"),
            Entry(_("Questions"), "/history/ask"),
            Entry(_("Studies"), "/history/studies"),
            Entry(_("Loads and corrections"), "/history/loads"),
            Entry(_("Quality"), "/history/quality"),
            Entry(_("Quarantine"), "/history/quarantine"),
            Entry(_("Sealed business days"), "/history/sealed"),
            Entry(_("Archives"), "/history/archives"),
            Entry(_("Holds"), "/history/holds"),
            Entry(_("Retention rules"), "/history/retention"),
            Entry(_("Purges"), "/history/purges"),
            Entry(_("Quotas"), "/history/quotas"),
        ),
    ),
    Section(
        "ledger",
        _("Ledger"),
        "l",
        (
            Entry(_("Accounts"), "/ledger/accounts"),
            Entry(_("Positions"), "/ledger/positions"),
            Entry(_("Executions"), "/ledger/trades"),
            Entry(_("Obligations"), "/ledger/obligations"),
            Entry(_("Settlement"), "/ledger/settlement"),
        ),
    ),
    Section(
        "clients",
        _("Clients"),
        "c",
        to_come=_("Client identity, profile and suitability, products, offers and campaigns, branches."),
    ),
    Section("risk", _("Risk"), "r", (Entry(_("Orders"), "/risk/orders"),)),
    Section(
        "quant",
        _("Quant"),
        "q",
        to_come=_("Factors, strategies, backtests on the same code as live, paper and live execution."),
    ),
    Section(
        "advisory",
        _("Advisory"),
        "a",
        to_come=_("Questionnaire, allocation, advice with its reasons, filing, monitoring."),
    ),
    Section(
        "governance",
        _("Governance"),
        "v",
        (
            Entry(_("Day report"), "/governance/day-report"),
            Entry(_("Founding document"), "/governance/tour"),
            Entry(_("Users"), "/access/users"),
            Entry(_("Roles"), "/access/roles"),
            Entry(_("Interfaces"), "/interfaces"),
        ),
    ),
)


def section_of(name: str) -> Section | None:
    """The section of a name, or None."""
    return next((section for section in RAIL if section.name == name), None)
