"""What the law lets people erase, and secrets: never in the journal, only in the firm's vault.

The journal holds keyed references; the key is here too, so that erasing a row makes its reference mean nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tallystick.core.errors import TallystickError

__all__ = ["Vault"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS key (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person (reference TEXT PRIMARY KEY, fields BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS user (name TEXT PRIMARY KEY, password_hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session
  (token_hash BLOB PRIMARY KEY, user TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry
  (token_hash BLOB PRIMARY KEY, user TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
"""


class Vault:
    """`vault.sqlite` of a firm folder; may be shared by threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA secure_delete=ON")
        self._file.executescript(SCHEMA)
        self._file.execute("INSERT OR IGNORE INTO key VALUES ('reference', ?)", (secrets.token_bytes(32),))
        (self._key,) = self._file.execute("SELECT value FROM key WHERE name = 'reference'").fetchone()

    def reference(self, identity: str) -> str:
        """The keyed reference (24 characters) that stands for a person's identity number in the journal."""
        return "v" + hmac.new(self._key, identity.encode(), hashlib.sha256).hexdigest()[:23]

    def adopt_key(self, key: bytes) -> None:
        """Take a key for references that was made elsewhere (a restored or a simulated firm), before any is kept.

        TallystickError when persons are kept already: their references would lead nowhere.
        """
        with self._lock:
            if key != self._key and self._file.execute("SELECT 1 FROM person LIMIT 1").fetchone():
                raise TallystickError(
                    "vault.key_in_use",
                    "The vault holds persons under another key.",
                    "Adopt a key before the first person is kept.",
                )
            self._file.execute("UPDATE key SET value = ? WHERE name = 'reference'", (key,))
            self._key = key

    def keep_persons(self, persons: Iterable[tuple[str, dict[str, str]]]) -> None:
        """Keep personal fields by reference, replacing earlier ones."""
        rows = [(reference, msgspec.json.encode(fields)) for reference, fields in persons]
        with self._lock, self._file:
            self._file.execute("BEGIN")
            self._file.executemany("INSERT OR REPLACE INTO person VALUES (?, ?)", rows)

    def person(self, reference: str) -> dict[str, str]:
        """A person's fields; empty when erased or never known. Journal the access first."""
        with self._lock:
            row = self._file.execute("SELECT fields FROM person WHERE reference = ?", (reference,)).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, str]) if row else {}

    def erase_person(self, reference: str) -> None:
        """Erase a person's fields; the reference in the journal then leads nowhere."""
        with self._lock:
            self._file.execute("DELETE FROM person WHERE reference = ?", (reference,))

    def set_password(self, user: str, password: str) -> None:
        """Keep the argon2 hash of a user's password."""
        import argon2

        password_hash = argon2.PasswordHasher().hash(password)
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO user VALUES (?, ?)", (user, password_hash))

    def check_password(self, user: str, password: str) -> bool:
        """Whether the password is the user's; costs the same time for unknown users."""
        import argon2

        with self._lock:
            row = self._file.execute("SELECT password_hash FROM user WHERE name = ?", (user,)).fetchone()
        hasher = argon2.PasswordHasher()
        try:
            return hasher.verify(row[0] if row else hasher.hash("nobody"), password) and row is not None
        except argon2.exceptions.VerifyMismatchError:
            return False

    def open_session(self, user: str, expires_at: int) -> str:
        """A new random token for a user, valid until a time in UTC ns; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._file.execute("INSERT INTO session VALUES (?, ?, ?)", (_hash(token), user, expires_at))
        return token

    def session_user(self, token: str, now: int) -> str | None:
        """Whose token this is, or None when it is unknown or over."""
        with self._lock:
            row = self._file.execute(
                "SELECT user, expires_at FROM session WHERE token_hash = ?", (_hash(token),)
            ).fetchone()
        return str(row[0]) if row and row[1] > now else None

    def close_session(self, token: str) -> None:
        """Forget a token."""
        with self._lock:
            self._file.execute("DELETE FROM session WHERE token_hash = ?", (_hash(token),))

    def open_entry(self, user: str, expires_at: int) -> str:
        """A new random token that lets a user in once, until a time in UTC ns; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._file.execute("INSERT INTO entry VALUES (?, ?, ?)", (_hash(token), user, expires_at))
        return token

    def take_entry(self, token: str, now: int) -> str | None:
        """Whom an entry token lets in, or None when it is unknown, over or used; it is used up, and old ones go."""
        with self._lock:
            rows = self._file.execute(
                "DELETE FROM entry WHERE token_hash = ? RETURNING user, expires_at", (_hash(token),)
            ).fetchall()
            self._file.execute("DELETE FROM entry WHERE expires_at <= ?", (now,))
        return next((str(user) for user, expires_at in rows if expires_at > now), None)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
