"""The doors of the archive: make it, prove it, copy it, bring it back."""

from __future__ import annotations

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, TallystickError, mark
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.history.keeping.asked import full_name
from tallystick.history.keeping.requests import (
    ArchiveCheck,
    ArchiveRequest,
    ArchivesRequest,
    CopyArchiveRequest,
    PageRequest,
    RestoreArchiveRequest,
    VerifyArchiveRequest,
    page_of,
)

__all__: list[str] = []

_ = mark


@operation(
    "history.archives", permission="history.read", summary="List the archives, each with its manifest's hash."
)
def archives(context: Context, request: ArchivesRequest) -> Table:
    """The archives on the journal; those that were purged with their partition say so, and those that lack a file or
    were found damaged.
    """
    from tallystick.history.keeping.archive import ArchiveLine, line_of, standing
    from tallystick.history.keeping.archive_states import ArchiveState, states_of

    name, purged = full_name(context, request.dataset), ArchiveState("purged", None)
    states = states_of(context, standing(context, name))
    lines = [
        line_of(one, *states.get(one.manifest.hex(), purged))
        for one in context.machine("history").archives(name)
    ]
    return page_of(context, ArchiveLine, lines, request, _("Archives"))


@operation(
    "history.archive",
    permission="history.manage",
    summary="Archive old partitions: immutable files with a manifest of hashes, whose hash goes on the journal.",
    writes=True,
)
def archive(context: Context, request: ArchiveRequest) -> Table:
    """Every partition that ends before the date, whole; answers stay the same. Stopped at any moment, it goes on."""
    from tallystick.history.keeping.archive import ArchiveLine, archive_dataset

    name = full_name(context, request.dataset)
    if name not in context.lake.tables():
        raise NotFound(
            "history.dataset_empty", "Nothing was loaded into {dataset} yet.", "Load it first.", dataset=name
        )
    lines = archive_dataset(context, name, request.before)
    told = _("Archives") if lines else _("No partition that ended before {before} has rows to archive.")
    title = translate(told, context.language, before=request.before)
    return page_of(context, ArchiveLine, lines, PageRequest(limit=0), title)


@operation(
    "history.verify_archive",
    permission="history.read",
    summary="Compare every byte of the archives with their manifests and the journal.",
)
def verify_archive(context: Context, request: VerifyArchiveRequest) -> ArchiveCheck:
    """How many archives, files and bytes were compared, and what is wrong with them; `history.archives` shows it."""
    from tallystick.history.keeping.archive import checked, faults_of, standing
    from tallystick.history.keeping.archive_states import keep_findings

    chosen = standing(context, full_name(context, request.dataset))
    context.progress.start(translate(_("Verifying archives"), context.language), len(chosen))
    lines = []
    for one in chosen:
        faults = faults_of(context, one)
        keep_findings(context, [one], faults)
        lines += faults
        context.progress.step(1, f"{one.dataset} {one.partition}")
    context.progress.finish()
    return checked(chosen, lines)


@operation(
    "history.copy_archive",
    permission="history.manage",
    summary="Copy the archives to a folder of another disk, and read the copies back.",
    local=True,
)
def copy_archive(context: Context, request: CopyArchiveRequest) -> ArchiveCheck:
    """How many archives, files and bytes were copied and compared, and what is wrong with the copies.

    TallystickError for a folder that cannot be written, or is inside the firm's own.
    """
    from pathlib import Path

    from tallystick.history.keeping.archive import checked, standing
    from tallystick.history.keeping.copies import copy_archives

    chosen = standing(context, full_name(context, request.dataset))
    target = Path(request.target)
    if target.resolve().is_relative_to(context.path.resolve()):
        raise TallystickError(
            "history.copy_inside",
            "The folder {folder} is inside the firm's own: a copy there is lost with what it is a copy of.",
            "Name a folder outside the firm, best on another disk.",
            folder=request.target,
        )
    context.progress.start(translate(_("Copying archives"), context.language), len(chosen))
    try:
        lines = copy_archives(context, chosen, target)
    except OSError as error:
        raise _no_folder(request.target, error) from None
    context.progress.finish()
    return checked(chosen, lines)


@operation(
    "history.restore",
    permission="history.manage",
    summary="Bring back missing or damaged archives from a copy, after comparing every byte.",
    writes=True,
    local=True,
)
def restore(context: Context, request: RestoreArchiveRequest) -> Table:
    """The archives that were brought back; none when all are as the journal says."""
    from pathlib import Path

    from tallystick.history.keeping.archive import ArchiveLine, standing
    from tallystick.history.keeping.copies import restore_archives

    if not Path(request.source).is_dir():
        raise TallystickError(
            "history.no_copies",
            "There is no folder {folder}.",
            "Name the folder that `tally history copy-archive` made.",
            folder=request.source,
        )
    chosen = standing(context, full_name(context, request.dataset), request.partition)
    context.progress.start(translate(_("Bringing archives back"), context.language), len(chosen))
    try:
        lines = restore_archives(context, chosen, Path(request.source))
    except OSError as error:
        raise _no_folder(request.source, error) from None
    context.progress.finish()
    return page_of(context, ArchiveLine, lines, PageRequest(limit=0), _("Archives"))


def _no_folder(folder: str, error: OSError) -> TallystickError:
    return TallystickError(
        "history.folder",
        "The folder {folder} cannot be used: {problem}.",
        "Check the path, its rights and the space left.",
        folder=folder,
        problem=str(error.strerror or error),
    )
