"""The doors of the archive: make it, prove it, copy it, bring it back."""

from __future__ import annotations

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, TallystickError, mark
from tallystick.core.operations import Table, operation
from tallystick.history.disk import room_for
from tallystick.history.keeping.requests import (
    ArchiveRequest,
    ArchivesRequest,
    CopyArchiveRequest,
    PageRequest,
    RestoreArchiveRequest,
    page_of,
)

__all__: list[str] = []

_ = mark


@operation(
    "history.archives", permission="history.read", summary="List the archives, each with its manifest's hash."
)
def archives(context: Context, request: ArchivesRequest) -> Table:
    """The archives on the journal; those that were purged with their partition say so."""
    from tallystick.history.keeping.archive import ArchiveLine, line_of, standing

    there = {one.manifest for one in standing(context)}
    lines = [
        line_of(one, "archived" if one.manifest in there else "purged")
        for one in context.machine("history").archives(_name(request.dataset))
    ]
    return page_of(context, ArchiveLine, lines, request, _("Archives"))


@operation(
    "history.archive",
    permission="history.manage",
    summary="Archive old partitions: immutable files with a manifest of hashes, whose hash goes on the journal.",
    writes=True,
)
def archive(context: Context, request: ArchiveRequest) -> Table:
    """Every partition that ends before the date; answers stay the same. Stopped at any moment, it goes on."""
    from tallystick.history.keeping.archive import ArchiveLine, archive_dataset

    name = _name(request.dataset)
    if name not in context.lake.tables():
        raise NotFound(
            "history.dataset_empty", "Nothing was loaded into {dataset} yet.", "Load it first.", dataset=name
        )
    with room_for("history.archive"):
        lines = archive_dataset(context, name, request.before)
    return page_of(context, ArchiveLine, lines, PageRequest(limit=0), _("Archives"))


@operation(
    "history.verify_archive",
    permission="history.read",
    summary="Compare every byte of the archives with their manifests and the journal.",
)
def verify_archive(context: Context, request: ArchivesRequest) -> Table:
    """What is wrong, a row each; an empty table when every archive is as the journal says."""
    from tallystick.history.keeping.archive import ArchiveFault, faults_of, standing

    chosen = standing(context, _name(request.dataset))
    context.progress.start("history.verify_archive", len(chosen))
    lines = []
    for one in chosen:
        lines += faults_of(context, one)
        context.progress.step(1, f"{one.dataset} {one.partition}")
    context.progress.finish()
    return page_of(context, ArchiveFault, lines, request, _("Archive faults"))


@operation(
    "history.copy_archive",
    permission="history.manage",
    summary="Copy the archives to a folder of another disk, and read the copies back.",
    local=True,
)
def copy_archive(context: Context, request: CopyArchiveRequest) -> Table:
    """What is wrong with the copies, a row each; an empty table when all bytes are equal."""
    from pathlib import Path

    from tallystick.history.keeping.archive import ArchiveFault, copy_archives, standing

    chosen = standing(context, _name(request.dataset))
    context.progress.start("history.copy_archive", len(chosen))
    try:
        lines = copy_archives(context, chosen, Path(request.target))
    except OSError as error:
        raise _no_folder(request.target, error) from None
    context.progress.finish()
    return page_of(context, ArchiveFault, lines, PageRequest(limit=0), _("Archive faults"))


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

    from tallystick.history.keeping.archive import ArchiveLine, restore_archives, standing

    chosen = standing(context, _name(request.dataset), request.partition)
    context.progress.start("history.restore", len(chosen))
    try:
        lines = restore_archives(context, chosen, Path(request.source))
    except OSError as error:
        raise _no_folder(request.source, error) from None
    context.progress.finish()
    return page_of(context, ArchiveLine, lines, PageRequest(limit=0), _("Archives"))


def _name(dataset: str) -> str:
    """A dataset's full name; empty for all."""
    from tallystick.history.datasets import find_dataset

    return find_dataset(dataset).spec.name if dataset else ""


def _no_folder(folder: str, error: OSError) -> TallystickError:
    return TallystickError(
        "history.folder",
        "The folder {folder} cannot be used: {problem}.",
        "Check the path, its rights and the space left.",
        folder=folder,
        problem=str(error.strerror or error),
    )
