"""The doors of feeding: seal business days, and compare them later. Asking is by the doors of asking, sealed or not."""

from __future__ import annotations

from tallystick.core.context import Context
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.history.feeding.requests import SealCheck, SealRequest, VerifySealedRequest

__all__ = ["SealRequest", "VerifySealedRequest"]


@operation(
    "history.seal",
    permission="history.manage",
    summary="Move closed business days from the journal into the lake, with proof.",
    writes=True,
)
def seal(context: Context, request: SealRequest) -> Table:
    """A row for each day and table that was sealed now; none when all were sealed before."""
    from tallystick.history.feeding.feeds import sealed_through
    from tallystick.history.feeding.sealing import SealedLine, seal_days
    from tallystick.history.requests import as_table

    lines = seal_days(context, request.date)
    title = translate("Sealed business days", context.language)
    through, _ = sealed_through(context.lake)
    if through is not None and not lines:
        told = translate("All closed days up to {date} were sealed before.", context.language)
        title = told.replace("{date}", through.isoformat())
    return as_table(SealedLine, lines, len(lines), title)


@operation(
    "history.verify_sealed",
    permission="history.read",
    summary="Read every sealed day again and compare it with its seal on the journal.",
)
def verify_sealed(context: Context, request: VerifySealedRequest) -> SealCheck:
    """How many days, rows and bytes were compared, and each day of a dataset that differs."""
    from tallystick.history.feeding.verifying import verify_seals
    from tallystick.history.keeping.asked import full_name

    return verify_seals(context, full_name(context, request.dataset))
