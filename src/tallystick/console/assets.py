"""The files that pages load, served from memory: compressed once, cached for ever under the hash of all of them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from pathlib import Path

from tallystick.core.errors import TallystickError

__all__ = ["Asset", "Assets"]

FOLDER = Path(__file__).parent / "static"
VENDOR_MANIFEST = "vendor/manifest.json"
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css", ".txt": "text/plain"}
COMPRESS_FROM_BYTES = 1_024


class Asset:
    """One file: its bytes, the same compressed (None where that gains nothing), its media type."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.media_type = (
            TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        )
        beside = path.with_name(path.name + ".gz")
        self.compressed: bytes | None = None
        if beside.exists():
            self.compressed = beside.read_bytes()
        elif len(self.content) >= COMPRESS_FROM_BYTES:
            self.compressed = gzip.compress(self.content, 9, mtime=0)


class Assets:
    """All files of a folder by their path in it; `version` is the start of the hash over all names and contents."""

    def __init__(self, folder: Path = FOLDER) -> None:
        if not (folder / VENDOR_MANIFEST).exists():
            raise TallystickError(
                "console.no_assets",
                "The console's scripts are missing from the package.",
                "Run `make assets`.",
            )
        self.files: dict[str, Asset] = {}
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".gz":
                name = path.relative_to(folder).as_posix()
                self.files[name] = Asset(path)
                digest.update(name.encode() + b"\0" + self.files[name].content)
        self.version = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Where a page loads the file from. A file that is not there fails here, not in the browser."""
        assert name in self.files, f"no static file {name}"
        return f"/static/{self.version}/{name}"
