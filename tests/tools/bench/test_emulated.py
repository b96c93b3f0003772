"""What goes to the emulated Pi and comes back from it, without one."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile
import time
from types import SimpleNamespace

import pytest

from tools.bench import emulated, reference
from tools.bench.measures import Result
from tools.emulator import testbed
from tools.emulator.image.build import Image


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """An emulated Pi that answers at once, and notes what it was told to do."""
    told = {
        "about": {"date": "1970-01-01", "board": "Raspberry Pi Zero", "numpy": "1.24.2"},
        "measures": {"network": {"values": [3.0, 5.0, 4.0], "note": "one crop"}},
    }
    done = []

    class Machine:
        def __init__(self, image, folder):
            self.disk = tmp_path / "card.img"
            self.disk.touch()

        def start(self):
            done.append("start")

        def shell(self, command, timeout_s=120.0):
            done.append(command)

        def get(self, path, timeout_s):
            assert f"{done[-1]}.gz".endswith(f"gzip {path}")
            return gzip.compress(json.dumps(told).encode())

        def cut_power(self):
            done.append("cut")

    monkeypatch.setattr(emulated, "CountingMachine", Machine)
    monkeypatch.setattr(emulated.build, "get", lambda say: None)
    monkeypatch.setattr(
        emulated.checkout, "write_to_card", lambda disk, data, path: done.append(path)
    )
    return done


def test_the_clock_counts_instructions(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "copy_disk", lambda self, target: target)
    command = emulated.CountingMachine(Image(tmp_path), tmp_path / "logs").command(tmp_path)
    assert command[0] == "qemu-system-arm"
    assert command[command.index("-icount") + 1] == "shift=0,sleep=off"


def test_it_is_measured_there_and_told_here(machine, tmp_path):
    (result,), about = emulated.instructions(tmp_path, lambda text: None)
    assert (result.key, result.value, result.note) == ("network", 4.0, "one crop")
    # No figure of it may pass for one of a real Zero.
    assert about["board"] == "emulated Raspberry Pi Zero, 1 ns an instruction"
    assert about["numpy"] == "1.24.2"
    assert about["date"] == time.strftime("%Y-%m-%d")
    assert machine[:2] == ["/srv/bench.tar.gz", "start"]
    assert "python3 -m tools.bench --on-device" in machine[3]
    assert machine[-1] == "cut"


def test_what_goes_there_can_measure_by_itself(tmp_path):
    with tarfile.open(fileobj=io.BytesIO(emulated._archive())) as tar:
        # Python 3.11.2, Debian's own, does not know the filter yet.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(tmp_path, **options)
    command = [sys.executable, "-m", "tools.bench", "--on-device", "--rounds", "1"]
    out = tmp_path / "out.json"
    done = subprocess.run(
        [*command, "--no-floors", "--json", out], cwd=tmp_path / "bench", capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert set(reference.KEYS) <= set(json.loads(out.read_text())["measures"])


def test_the_check_of_the_emulator_compares(monkeypatch, tmp_path):
    results = [Result("network", (4.6,)), Result("frame_digit", (30.0,))]
    monkeypatch.setattr(emulated, "instructions", lambda folder, say: (results, {}))
    pi = SimpleNamespace(pi=SimpleNamespace(folder=tmp_path))
    monkeypatch.setattr(reference, "read", dict)
    with pytest.raises(testbed.Skip, match="no times were accepted"):
        emulated.check(pi)
    monkeypatch.setattr(reference, "read", lambda: {"network": 4.5})
    assert emulated.check(pi) == "a digit in 30.0 ms, its network 4.60 ms"
    monkeypatch.setattr(reference, "read", lambda: {"network": 4.0})
    with pytest.raises(testbed.Failed, match=r"4\.60 ms, 4\.00 was accepted"):
        emulated.check(pi)
