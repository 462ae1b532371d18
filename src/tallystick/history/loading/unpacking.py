"""Packed files: gzip, bzip2, xz and Zstandard are unpacked whole; one that was cut short is told by that."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

from tallystick.core.errors import TallystickError

__all__ = ["cut_short", "unpack"]


def _zstandard(data: bytes) -> bytes:
    import pyarrow as pa

    with pa.input_stream(pa.BufferReader(data), compression="zstd") as stream:
        found: bytes = stream.read()
        return found


PACKED: dict[bytes, tuple[str, Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": (".gz", gzip.decompress),
    b"BZh": (".bz2", bz2.decompress),
    b"\xfd7zXZ\x00": (".xz", lzma.decompress),
    b"\x28\xb5\x2f\xfd": (".zst", _zstandard),
}
"""How packed bytes begin, the ending of their names, and what unpacks them."""


def unpack(shown: str, name: str, data: bytes) -> tuple[str, bytes]:
    """The name without its ending and the bytes unpacked; both as they are where nothing is packed.

    TallystickError when they are cut short.

    >>> unpack("p.csv.bz2", "p.csv.bz2", bz2.compress(b"symbol,date"))
    ('p.csv', b'symbol,date')
    """
    for begin, (ending, whole) in PACKED.items():
        if data.startswith(begin) or name.endswith(ending):
            try:
                return name.removesuffix(ending), whole(data)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                raise cut_short(shown) from None
    return name, data


def cut_short(name: str) -> TallystickError:
    """The refusal of a packed file that does not unpack."""
    return TallystickError(
        "history.packed",
        "{file} is packed and cannot be unpacked: it is cut short or damaged.",
        "Fetch it again, whole; nothing of it was loaded.",
        file=name,
    )
