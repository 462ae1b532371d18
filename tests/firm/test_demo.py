"""`tally demo`: made once, gone on with after a kill, never mixed with another firm."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.cli import main
from tallystick.firm import Firm

SMALL = ("--clients", "60", "--instruments", "6", "--no-serve")

Kill = Callable[[Path], None]


def demo(folder: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["demo", str(folder), *(words or SMALL)])
    return int(left.value.code or 0)


@pytest.mark.parametrize("seconds", [1.0, 2.5, 4.0])
def test_a_killed_demo_goes_on(tmp_path: Path, kill_writer: Kill, seconds: float) -> None:
    folder = tmp_path / "firm"
    making = subprocess.Popen(
        [sys.executable, "-m", "tallystick", "demo", str(folder), *SMALL],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (folder / "firm.toml").exists():
        time.sleep(0.02)
    time.sleep(seconds)
    making.kill()
    making.wait()
    kill_writer(folder)
    assert demo(folder) == 0
    with Firm.open(folder) as firm:
        day = firm.house.machine("day").state
        assert (str(day.business_date), day.is_open) == ("2026-11-20", False)
        assert firm.call("journal.verify").replay.same
    assert demo(folder) == 0, "a finished demo is left alone"
    kill_writer(folder)


def test_the_demo_serves_and_its_address_signs_in(tmp_path: Path, kill_writer: Kill) -> None:
    folder = tmp_path / "firm"
    assert demo(folder) == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tallystick", "demo", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        said = [serving.stdout.readline() for _ in range(3)]
        address = next(line.strip() for line in said if "/enter?" in line)
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with visitor.open(address, timeout=60) as page:
            assert "Made-up Securities" in page.read().decode()
        serving.terminate()
    kill_writer(folder)


@pytest.mark.parametrize("other", ["init", "demo"])
def test_another_firm_is_left_alone(
    tmp_path: Path, kill_writer: Kill, capsys: pytest.CaptureFixture[str], other: str
) -> None:
    folder = tmp_path / "firm"
    if other == "init":
        with pytest.raises(SystemExit):
            main(["init", str(folder), "--name", "Elsewhere Securities"])
    else:
        assert demo(folder, "--clients", "61", "--instruments", "6", "--no-serve") == 0
        assert f"`tally demo {folder}` serves its console" in capsys.readouterr().out
        (folder / "demo-is-ready").unlink()
    with Firm.open(folder) as firm:
        head = firm.call("journal.head")
    assert demo(folder) == 2
    assert "holds another firm" in capsys.readouterr().err
    with Firm.open(folder) as firm:
        assert firm.call("journal.head") == head
    kill_writer(folder)
