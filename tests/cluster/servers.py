"""Servers that the tests of storage and catalog start: a PostgreSQL, and moto's S3, each for itself and on loopback."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import postgres
from house.source import ROOT

PASSWORD = "made-up"
MOTO = ROOT / "build" / "s3" / "bin" / "python"
PATIENCE_SECONDS = 60.0


def wait_for(condition, process: subprocess.Popen[bytes], what: str) -> None:
    """Wait until a condition holds; a process that ends before is a failure with its last words."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, f"{what} ended with {process.returncode}"
        assert time.monotonic() < until, f"{what} does not answer"
        time.sleep(0.05)


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process, whoever is connected to it, and wait for it."""
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)


class PostgresServer:
    """A PostgreSQL server of its own in a folder, on a socket, which asks for a password."""

    def __init__(self, folder: Path) -> None:
        programs = postgres.find()
        assert programs, "no PostgreSQL server: run tools/postgres.py"
        self.programs = programs
        self.folder = folder
        self.port = 5432
        self._databases = 0
        self._who = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            names = {entry.pw_name for entry in pwd.getpwall()}
            entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            self._who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.programs / program), *arguments],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self._who,
        )  # fmt: skip

    @contextlib.contextmanager
    def running(self) -> Iterator[PostgresServer]:
        """The server, made at the first time."""
        data = self.folder / "data"
        if not data.exists():
            word = self.folder / "word"
            word.write_text(PASSWORD)
            self._run(
                "initdb", "-D", str(data), "-U", "tally", "-A", "scram-sha-256", "--pwfile", str(word), "--no-sync",
                "-E", "UTF8", "--locale", "C",
            )  # fmt: skip
        process = subprocess.Popen(
            [str(self.programs / "postgres"), "-D", str(data), "-k", str(self.folder), "-p", str(self.port),
             "-c", "listen_addresses=", "-c", "fsync=off", "-c", "log_min_messages=fatal"],
            cwd=self.folder, stderr=subprocess.DEVNULL, **self._who,
        )  # fmt: skip
        with ended(process):
            wait_for(self._answers, process, "PostgreSQL")
            yield self

    def _answers(self) -> bool:
        asked = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def url(self, database: str) -> str:
        """A database's URL without its password."""
        return f"postgresql://tally@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"made_up_{self._databases}"
        self._run_as_tally("createdb", name)
        return self.url(name)

    def copied_database(self, url: str) -> str:
        """The URL of a database with the same contents."""
        self._databases += 1
        name = f"made_up_{self._databases}"
        self._run_as_tally("createdb", "-T", url.partition("@/")[2].partition("?")[0], name)
        return self.url(name)

    def _run_as_tally(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.programs / program), "-h", str(self.folder), "-U", "tally", *arguments],
            check=True, env={**os.environ, "PGPASSWORD": PASSWORD},
        )  # fmt: skip


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="tally-pg-"))
    try:
        with PostgresServer(folder).running() as server:
            yield server
    finally:
        shutil.rmtree(folder)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class S3Server:
    """moto's S3 on loopback."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self._buckets = 0

    def answers(self) -> bool:
        """Whether it is up."""
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.endpoint}/moto-api/", timeout=5):
            return True
        return False

    def new_bucket(self) -> str:
        """The URL of a new, empty bucket."""
        self._buckets += 1
        name = f"made-up-{self._buckets}"
        asked = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")
        with urllib.request.urlopen(asked, timeout=30):
            return f"s3://{name}"

    def check_keys(self) -> None:
        """From now on let only known keys in; nobody has one."""
        headers = {"Content-Type": "text/plain"}
        asked = urllib.request.Request(f"{self.endpoint}/moto-api/reset-auth", b"0", headers, method="POST")
        with urllib.request.urlopen(asked, timeout=30):
            pass


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """An S3 server for as long as the block runs."""
    port = free_port()
    command = [str(MOTO), "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ended(process):
        server = S3Server(port)
        wait_for(server.answers, process, "moto")
        yield server
