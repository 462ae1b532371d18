"""The examples of both READMEs run as they stand, on a smaller demo firm; the names in them are replaced by its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from house.source import ROOT

SMALL = ["--clients", "300", "--instruments", "20"]
ELSEWHERE = ("tally serve", "tally onboard")
"""Lines that other tests run: the demo's address, and the how-to about taking a firm over."""


def block(readme: str, language: str) -> str:
    text = (ROOT / readme).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    return found[0] if found else ""


def commands(readme: str) -> list[str]:
    return [line.partition("  #")[0].strip() for line in block(readme, "sh").splitlines()]


def test_both_readmes_show_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-Hant.md")


@pytest.mark.slow
def test_the_examples_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    order = symbol = ""
    for line in commands("README.md"):
        if line.startswith(ELSEWHERE):
            continue
        words = shlex.split(line)[1:]
        words = [order if re.fullmatch(r"O\d+-\d+", word) else word for word in words]
        words = [symbol if re.fullmatch(r"M\d+\.XTAI", word) else word for word in words]
        done = subprocess.run(
            [sys.executable, "-m", "tallystick", *words, *(SMALL if words[0] == "demo" else ())],
            capture_output=True, text=True, timeout=280,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if found := re.search(r"^(O\d+-\d+) .* (M\d+\.XTAI) ", done.stdout, re.M):
            order, symbol = found[1], found[2]
    exec(compile(block("README.md", "python"), "README.md", "exec"), {})
