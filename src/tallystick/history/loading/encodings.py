"""Text as UTF-8, whatever it was written in: UTF-8, UTF-16 with its mark, Big5 (code page 950) or GB18030.

Big5 and GB18030 share most byte pairs; what tells them apart is which of them makes everyday characters of the pairs.
Letters that are not of the file's encoding (those that an office made itself, 造字; a line of another encoding) become
marks, so that a row is set aside where it needs them, and read where it does not.
"""

from __future__ import annotations

import codecs
import re

import numpy as np

__all__ = ["UNKNOWN", "as_letters", "as_utf8", "detect", "is_guess"]

SAMPLE = 200_000
"""Bytes of lines beyond ASCII that are looked at."""

EVERYDAY = {"cp950": (range(0xA4, 0xC7), 0x40), "gb18030": (range(0xB0, 0xD8), 0xA1)}
"""Lead bytes of an encoding's everyday characters, and its smallest second byte."""

ENOUGH_PAIRS = 16
SURE, OTHERWISE = 0.85, 0.75
"""Shares of everyday pairs from which on an encoding is sure, and below which the other one is out of the question."""

UNKNOWN = "\ufffd"
"""Stands for a letter that is none of its file's encoding."""

UTF8_RUN = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")
"""Two letters of Chinese in UTF-8."""

BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
LEAST_SECOND = 0x40
"""No second byte of a letter is below."""

CHINESE = 0x2E80
"""From here on characters are of the writing that the encodings are for."""

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def as_utf8(data: bytes, encoding: str = "") -> tuple[bytes, str]:
    """The text in UTF-8 without a mark, and the encoding it came in (detected unless one is given)."""
    found = encoding or detect(data)
    if found == "utf-8-sig":
        data, found = data.removeprefix(codecs.BOM_UTF8), "utf-8"
    if data.isascii() or (found == "utf-8" and _decodes(data, found)):
        return data, found
    if found == "utf-8":
        return data.decode("utf-8", "replace").encode(), found
    if found == "utf-16":
        return data.decode("utf-16", "replace").encode(), found
    try:
        text = data.decode(found).encode()
    except UnicodeDecodeError:
        text = b""
    if text and not _is_mixed(data):
        return text, found
    return b"\n".join(_line_as_utf8(line, found) for line in data.split(b"\n")), found


def as_letters(piece: bytes, encoding: str) -> str:
    """What a cell or a name says in a file's encoding, with marks for what is not in it, as in a line of a text.

    >>> as_letters("費用".encode("big5"), "cp950"), as_letters("費用".encode(), "cp950") == UNKNOWN
    ('費用', True)
    """
    if encoding.startswith("utf"):
        return piece.decode(encoding, "replace")
    return _line_as_utf8(piece, encoding).decode()


def is_guess(data: bytes, encoding: str) -> bool:
    r"""Whether an encoding that `detect` found may be another: too few letters, or as many everyday ones in the other.

    >>> is_guess("symbol,name\n600000,中国".encode("gb18030"), "cp950")
    True
    """
    if encoding not in EVERYDAY:
        return False
    lines = _lines_beyond_ascii(data)
    pairs = sum(len(line) - sum(byte < 0x80 for byte in line) for line in lines) // 2
    other = next(name for name in EVERYDAY if name != encoding)
    sure = _share(lines, encoding)[0] >= SURE and _share(lines, other)[0] <= OTHERWISE
    return pairs < ENOUGH_PAIRS or not sure


def detect(data: bytes) -> str:
    """The encoding of a text: `ascii`, `utf-8`, `utf-8-sig`, `utf-16`, `cp950` or `gb18030`.

    >>> detect("證券代號,收盤價".encode("big5")), detect("证券代码,收盘价".encode("gb18030"))
    ('cp950', 'gb18030')
    """
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return encoding
    if data.isascii():
        return "ascii"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    lines = _lines_beyond_ascii(data)
    if 2 * sum(_decodes(line, "utf-8") for line in lines) >= len(lines):
        return "utf-8"
    return max(EVERYDAY, key=lambda encoding: _share(lines, encoding))


def _lines_beyond_ascii(data: bytes) -> list[bytes]:
    lines, size = [], 0
    for line in data.split(b"\n"):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > SAMPLE:
                break
    return lines


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _line_as_utf8(line: bytes, encoding: str) -> bytes:
    """A line in UTF-8, with marks for what is not in the encoding: a pair of bytes that is no letter, or all letters of
    a line that is in UTF-8 already.
    """
    if line.isascii():
        return line
    if _is_utf8(line):
        return BEYOND_ASCII.sub(UNKNOWN.encode(), line)
    return line.decode(encoding, "tallystick.unknown").encode()


def _mark_pair(error: UnicodeError) -> tuple[str, int]:
    """A mark for a pair of bytes, so that the next one begins where it should."""
    assert isinstance(error, UnicodeDecodeError)
    second = error.object[error.start + 1 : error.start + 2]
    pair = bool(second) and second[0] >= LEAST_SECOND and second[0] not in (0x7F, 0x80)
    return UNKNOWN, error.start + 1 + pair


codecs.register_error("tallystick.unknown", _mark_pair)


def _is_mixed(data: bytes) -> bool:
    """Whether lines of another encoding's file are in UTF-8: those of the sample, and any with two letters or more."""
    if any(_is_utf8(line) for line in _lines_beyond_ascii(data)):
        return True
    for match in UTF8_RUN.finditer(data):
        end = data.find(b"\n", match.end())
        if _is_utf8(data[data.rfind(b"\n", 0, match.start()) + 1 : end if end >= 0 else len(data)]):
            return True
    return False


def _is_utf8(line: bytes) -> bool:
    """Whether a line of another encoding's file is Chinese in UTF-8."""
    try:
        found = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isascii() or ord(letter) >= CHINESE for letter in found)


def _share(lines: list[bytes], encoding: str) -> tuple[float, int]:
    """Of the byte pairs of lines, which share is everyday in an encoding; then how many lines it decodes."""
    leads, least = EVERYDAY[encoding]
    pairs = everyday = 0
    for line in lines:
        place = 0
        codes = np.frombuffer(line, np.uint8).tolist()
        while place < len(codes):
            if codes[place] < 0x81 or place + 1 == len(codes):
                place += 1
                continue
            pairs += 1
            everyday += codes[place] in leads and codes[place + 1] >= least
            place += 2
    return everyday / max(pairs, 1), sum(_decodes(line, encoding) for line in lines)
