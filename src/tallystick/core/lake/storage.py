"""Where the files of tables are: the lake's own folder, or a bucket of S3 or what speaks like it.

Questions, proofs and rewriting read files of this machine's disk. In a bucket's case that is a copy below the lake's
`cache` folder: a file that was named is never changed, so a copy under its name is exact for ever, and it may be
dropped at any time. Files are written there first, and are whole in the bucket before a commit names them.

Credentials come from where every program for S3 looks: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_SESSION_TOKEN`, `~/.aws`, or the machine's role. They are in no setting and in no table.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.errors import TallystickError
from tallystick.core.lake.places import file_path, file_uri

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

    from tallystick.core.settings import LakeSettings

__all__ = [
    "CHUNK_BYTES",
    "Bucket",
    "Folder",
    "NamedFile",
    "ReadableFile",
    "Storage",
    "StoredFile",
    "connected",
    "open_storage",
]

TRANSFERS = 8
"""How many files are on their way at once."""

CHUNK_BYTES = 4 * 2**20
REFUSALS = ("ACCESS_DENIED", "INVALID_ACCESS_KEY", "INVALID_CLIENT_TOKEN", "SIGNATURE", "status 403")
CACHE_REST_SECONDS = 3_600.0
"""A copy that was asked for within this time stays: a question may be reading it."""


class NamedFile(Protocol):
    """A data file, planned or just written."""

    @property
    def path(self) -> str:
        """Its path below the table's folder."""

    @property
    def size(self) -> int:
        """Its bytes."""


class ReadableFile(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; none at the end."""


class StoredFile(NamedTuple):
    """A file that is there: its place (see `Storage.path`), bytes, and when it was written (seconds since 1970)."""

    path: Path
    size: int
    written_at: float


class Storage(Protocol):
    """What the lake asks of the place of its tables."""

    @property
    def location(self) -> str:
        """The Iceberg location below which every table is."""

    @property
    def properties(self) -> dict[str, str]:
        """What PyIceberg must know to read and write there; no secrets."""

    def table_folder(self, name: str) -> Path:
        """Where a table's files are, or their copies, on this machine."""

    def path(self, location: str) -> Path:
        """The place on this machine of the file, or its copy, at an Iceberg location."""

    def fetch(self, name: str, files: Iterable[NamedFile]) -> Path:
        """Make sure that data files of a table can be read on this machine; gives the table's folder."""

    def keep(self, name: str, files: Sequence[NamedFile]) -> None:
        """Make files that were written below the table's folder durable, so that a commit may name them."""

    def files(self, folder: Path) -> Iterator[StoredFile]:
        """Everything that is below a folder (a place as `path` gives it), wherever it is kept."""

    def remove(self, path: Path) -> None:
        """Remove a file for good."""

    def open(self, path: Path) -> contextlib.AbstractContextManager[ReadableFile]:
        """The bytes of a file as they are kept, never those of a copy. FileNotFoundError when it is not there."""

    def put(self, path: Path, source: Path | bytes) -> None:
        """Keep the bytes of a local file, or these, at a place: durable on return, there whole or not at all."""

    def move(self, path: Path, target: Path) -> None:
        """Give a file another name, in the place of what is there."""

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Faults of the place as an operator can act on them: TallystickError `lake.storage`."""

    def claim(self, owner: str) -> None:
        """Refuse to clean up what another catalog's tables may name. TallystickError `lake.storage_shared`."""

    def trim(self) -> None:
        """Drop copies that were not asked for lately, the oldest first, until the cache has its size."""


def open_storage(folder: Path, settings: LakeSettings) -> Storage:
    """The storage that the settings name. TallystickError for a URL that is no `s3://bucket/prefix`."""
    if not settings.storage:
        return Folder(folder)
    parts = urlsplit(settings.storage)
    if parts.scheme != "s3" or not parts.hostname or parts.username or parts.query:
        raise TallystickError(
            "lake.storage_url",
            "The setting lake.storage cannot be {url}.",
            "Write s3://bucket/prefix; leave it empty to keep the tables in the firm's folder.",
            url=settings.storage if not parts.password else settings.storage.replace(parts.password, "…"),
        )
    return Bucket(settings.storage.rstrip("/"), folder / "cache", settings)


class Folder:
    """Tables in the lake's own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = file_uri(folder)
        self.properties = {"py-io-impl": "tallystick.core.lake.durable.DurableFiles"}

    def table_folder(self, name: str) -> Path:
        """Where a table's files are."""
        return self.folder / "tables" / Path(*name.split("."))

    def path(self, location: str) -> Path:
        """The file at an Iceberg location."""
        return file_path(location)

    def fetch(self, name: str, files: Iterable[NamedFile]) -> Path:
        """Where a table's files are."""
        return self.table_folder(name)

    def keep(self, name: str, files: Sequence[NamedFile]) -> None:
        """Nothing: who wrote them has synced them."""

    def files(self, folder: Path) -> Iterator[StoredFile]:
        """Everything below a folder."""
        for place, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                found = (path := Path(place, name)).stat()
                yield StoredFile(path, found.st_size, found.st_mtime)

    def remove(self, path: Path) -> None:
        """Remove a file for good."""
        path.unlink()

    def open(self, path: Path) -> contextlib.AbstractContextManager[ReadableFile]:
        """The bytes of a file."""
        return path.open("rb")

    def put(self, path: Path, source: Path | bytes) -> None:
        """Write a file aside, then name it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{uuid.uuid4().hex}")
        try:
            if isinstance(source, bytes):
                aside.write_bytes(source)
            else:
                shutil.copyfile(source, aside)
            sync_file(aside)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(path.parent)

    def move(self, path: Path, target: Path) -> None:
        """Rename a file."""
        os.replace(path, target)
        sync_folder(target.parent)

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Faults of the disk, as they are."""
        return contextlib.nullcontext()

    def claim(self, owner: str) -> None:
        """Nothing: a copied folder is another folder."""

    def trim(self) -> None:
        """Nothing: there are no copies."""


class Bucket:
    """Tables in a bucket, with copies of the files that were asked for in a cache folder."""

    def __init__(self, url: str, cache: Path, settings: LakeSettings) -> None:
        self.location = url
        self.cache = cache
        self.cache_bytes = settings.cache_bytes
        self.endpoint = settings.storage_endpoint or _variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        self.region = _variable("AWS_REGION", "AWS_DEFAULT_REGION") or "us-east-1"
        self.properties = {
            "py-io-impl": "tallystick.core.lake.bucketfiles.BucketFiles",
            "s3.region": self.region,
        }
        if self.endpoint:
            self.properties["s3.endpoint"] = self.endpoint
        self._lock = threading.Lock()
        self._opened: S3FileSystem | None = None

    @property
    def bucket(self) -> S3FileSystem:
        """The bucket's file system; at the first use it is asked whether it is there.

        TallystickError when it does not answer, is not there, or refuses the credentials.
        """
        with self._lock:
            if self._opened is None:
                from pyarrow.fs import FileType

                with self.told():
                    opened = connected(self.endpoint, self.region)
                    name = urlsplit(self.location).netloc
                    if opened.get_file_info(name).type == FileType.NotFound:
                        raise FileNotFoundError("there is no such bucket")
                self._opened = opened
            return self._opened

    def table_folder(self, name: str) -> Path:
        """Where the copies of a table's files are."""
        return self.cache / "tables" / Path(*name.split("."))

    def path(self, location: str) -> Path:
        """The place of the copy of what is at an Iceberg location."""
        return self.cache / location.removeprefix(self.location).lstrip("/")

    def _key(self, path: Path) -> str:
        return f"{self.location.removeprefix('s3://')}/{path.relative_to(self.cache).as_posix()}"

    def fetch(self, name: str, files: Iterable[NamedFile]) -> Path:
        """Copy the files that are not here yet; a copy is here whole or not at all."""
        folder = self.table_folder(name)
        missing = []
        for file in files:
            path = folder / file.path
            try:
                here = path.stat()
            except FileNotFoundError:
                missing.append((path, file.size))
                continue
            if here.st_size != file.size:
                missing.append((path, file.size))
            elif time.time() - here.st_atime > CACHE_REST_SECONDS / 2:
                os.utime(path, (time.time(), here.st_mtime))
        if missing:
            with ThreadPoolExecutor(max_workers=min(TRANSFERS, len(missing))) as pool:
                list(pool.map(lambda job: self._download(*job), missing))
        return folder

    def _download(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{uuid.uuid4().hex}")
        try:
            with self.told(), self.bucket.open_input_stream(self._key(path)) as source:
                with aside.open("xb") as target:
                    while chunk := source.read(CHUNK_BYTES):
                        target.write(chunk)
                if (found := aside.stat().st_size) != size:
                    raise OSError(f"{path.name} has {found} bytes instead of {size}")
            sync_file(aside)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    def keep(self, name: str, files: Sequence[NamedFile]) -> None:
        """Copy written files to the bucket; each is whole there when this returns."""
        if not files:
            return
        folder = self.table_folder(name)
        with ThreadPoolExecutor(max_workers=min(TRANSFERS, len(files))) as pool:
            list(pool.map(lambda file: self._upload(folder / file.path), files))

    def _upload(self, path: Path) -> None:
        with path.open("rb") as source:
            self._write(path, source, path.stat().st_size)

    def _write(self, path: Path, source: ReadableFile, size: int) -> None:
        key = self._key(path)
        with self.told():
            with self.bucket.open_output_stream(key) as target:
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)
            if (found := self.bucket.get_file_info(key).size) != size:
                raise OSError(f"{path.name} has {found} bytes instead of {size}")

    def files(self, folder: Path) -> Iterator[StoredFile]:
        """Everything of the bucket below a place."""
        from pyarrow.fs import FileSelector, FileType

        with self.told():
            chosen = FileSelector(self._key(folder), allow_not_found=True, recursive=True)
            found = sorted(self.bucket.get_file_info(chosen), key=lambda info: info.path)
        start = len(self.location.removeprefix("s3://")) + 1
        for info in found:
            if info.type == FileType.File:
                yield StoredFile(self.cache / info.path[start:], info.size, info.mtime.timestamp())

    def remove(self, path: Path) -> None:
        """Remove a file from the bucket and its copy."""
        with self.told():
            self.bucket.delete_file(self._key(path))
        path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[ReadableFile]:
        """The bytes of an object, read from the bucket."""
        with self.told():
            is_there = self.bucket.get_file_info(self._key(path)).is_file
            found = self.bucket.open_input_stream(self._key(path)) if is_there else None
        if found is None:
            raise FileNotFoundError(path)
        with found:
            yield _ToldStream(self, found)

    def put(self, path: Path, source: Path | bytes) -> None:
        """Write an object, which is there whole when its stream is closed, and drop the copy of an earlier one."""
        if isinstance(source, bytes):
            self._write(path, io.BytesIO(source), len(source))
        else:
            with source.open("rb") as file:
                self._write(path, file, source.stat().st_size)
        path.unlink(missing_ok=True)

    def move(self, path: Path, target: Path) -> None:
        """Copy an object inside the bucket, then remove it; stopped between, both are there."""
        with self.told():
            self.bucket.copy_file(self._key(path), self._key(target))
            self.bucket.delete_file(self._key(path))
        for copy in (path, target):
            copy.unlink(missing_ok=True)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Faults of the bucket as an operator can act on them."""
        try:
            yield
        except OSError as error:
            problem = str(error).partition("\n")[0].rstrip(".")
            if any(word in problem for word in REFUSALS):
                raise TallystickError(
                    "lake.storage_refused",
                    "The storage {url} refused: {problem}.",
                    "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do there.",
                    url=self.location,
                    problem=problem,
                ) from None
            raise TallystickError(
                "lake.storage",
                "The storage {url} failed: {problem}.",
                "Check that it can be reached, lake.storage_endpoint, and that the bucket exists.",
                url=self.location,
                problem=problem,
            ) from None

    def claim(self, owner: str) -> None:
        """Write down whose tables these are, or refuse when it is another catalog."""
        key = self._key(self.cache / "owner")
        with self.told():
            if self.bucket.get_file_info(key).is_file:
                with self.bucket.open_input_stream(key) as source:
                    found = source.read().decode()
            else:
                with self.bucket.open_output_stream(key) as target:
                    target.write(owner.encode())
                found = owner
        if found != owner:
            raise TallystickError(
                "lake.storage_shared",
                "The tables in {url} belong to the catalog {other}, which may name files that this one does not.",
                "Clean up there. If that catalog is gone for good, remove the object {url}/owner and try again.",
                url=self.location,
                other=found,
            )

    def trim(self) -> None:
        """Drop copies that were not asked for lately, the oldest first, until the cache has its size."""
        found = []
        for place, _, names in os.walk(self.cache):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # another process trims too
                    here = (path := Path(place, name)).stat()
                    found.append((max(here.st_atime, here.st_mtime), here.st_size, path))
        total = sum(size for _, size, _ in found)
        for used_at, size, path in sorted(found):
            if total <= self.cache_bytes or time.time() - used_at < CACHE_REST_SECONDS:
                return
            path.unlink(missing_ok=True)
            total -= size


class _ToldStream:
    """An object that is being read, whose faults are told as those of its bucket."""

    def __init__(self, bucket: Bucket, stream: ReadableFile) -> None:
        self._bucket = bucket
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        with self._bucket.told():
            return self._stream.read(size)


@functools.lru_cache
def connected(endpoint: str, region: str) -> S3FileSystem:
    """The file system of S3 at an endpoint (empty: Amazon's own), one for the process."""
    from pyarrow.fs import S3FileSystem

    return S3FileSystem(endpoint_override=endpoint or None, region=region)


def _variable(*names: str) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")
