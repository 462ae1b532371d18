"""Find the system's Chromium for the console tests; install it when it is missing and this user may.

    python tools/chromium.py

No browser is ever downloaded from elsewhere than the system's own packages. Where apt-get or the right to use
it is missing, the message says what to install by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find() -> str | None:
    """The full path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def has_chinese_font() -> bool:
    """True if fontconfig knows a font with Chinese glyphs; without one, pages show empty boxes."""
    if not shutil.which("fc-list"):
        return False
    listing = subprocess.run(["fc-list", ":lang=zh-tw"], capture_output=True, text=True, check=True)
    return bool(listing.stdout.strip())


def install() -> None:
    """Install Chromium and a Chinese font by apt-get, as root or by sudo without a password."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        raise SystemExit(f"The console tests need a browser and a font. Install: {' '.join(PACKAGES)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        subprocess.run(
            [*sudo, *command],
            check=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    if not (find() and has_chinese_font()):
        print("console tests: installing Chromium and a Chinese font")
        install()
    if not find():
        raise SystemExit("apt-get succeeded but no Chromium is on PATH.")
