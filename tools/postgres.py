"""Find the system's PostgreSQL server for the cluster tests; install it when it is missing and this user may.

    python tools/postgres.py

Only the system's own packages are used, and no server is started by them. Where apt-get or the right to use it is
missing, the message says what to install by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PACKAGE = "postgresql"
SETTINGS = "/etc/postgresql-common/createcluster.conf"


def find() -> Path | None:
    """The folder of a PostgreSQL server's programs on this machine, or None."""
    for server in [*sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]:
        return server.parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def install() -> None:
    """Install the server's programs by apt-get, as root or by sudo without a password; no cluster is made."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        raise SystemExit(f"The cluster tests need a PostgreSQL server. Install: {PACKAGE}")
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql-common"],
        [
            "sed",
            "-i",
            "s/^#*create_main_cluster.*/create_main_cluster = false/",
            "/etc/postgresql-common/createcluster.conf",
        ],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE],
    ):
        subprocess.run(
            [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    if not find():
        print("cluster tests: installing a PostgreSQL server")
        install()
    if not find():
        raise SystemExit("apt-get succeeded but no PostgreSQL server is there.")
