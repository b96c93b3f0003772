"""The doctor on a machine: each check finds ok, warn or fail, and a remedy."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from core import modelfile
from core.network import Network
from pi.control.server import ControlServer
from pi.diagnostics import doctor
from pi.diagnostics.finding import FAIL, OK, WARN
from pi.system import wallclock

CLOCK_SET = "run/systemd/timesync/synchronized"


def test_a_pi_in_order(examine):
    found = examine()
    levels = {name: each.level for name, each in found.items() if each.level != OK}
    assert levels == {"service": WARN}
    assert found["board"].said == "Raspberry Pi Zero W Rev 1.1"
    assert found["numpy"].said == "9.9.9 from apt"
    assert found["BLAS"].said == "OpenBLAS"
    assert found["camera"].said == "imx219"
    assert found["pins"].said == "11 wanted, all free"
    assert found["power, heat"].said == "41 °C"
    assert found["weights"].said.endswith("checksum right")
    assert "systemctl start zerodigit" in found["service"].remedy


def test_whatever_is_not_well_has_a_remedy(examine, modules):
    broken = modules(**{name: ImportError("gone") for name in modules().modules})
    for each in examine(broken, now=0.0).values():
        assert each.level == OK or each.remedy, each


@pytest.mark.parametrize(
    ("file", "text", "name", "level", "said"),
    [
        ("proc/device-tree/model", None, "board", WARN, "not a Raspberry Pi"),
        (
            "proc/meminfo",
            "MemTotal: 440000 kB\nMemAvailable: 9000 kB\n",
            "memory",
            WARN,
            "8 MB",
        ),
        ("proc/meminfo", "MemTotal: 440000 kB\nMemAvailable: 90000 kB\n", "CMA", WARN, "0 MB"),
        (
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50005",
            "power, heat",
            FAIL,
            "41 °C, under-voltage, throttled now",
        ),
        (
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50000",
            "power, heat",
            WARN,
            "41 °C, since the start: under-voltage, throttled",
        ),
    ],
)
def test_the_machine(examine, root, file, text, name, level, said):
    if text is None:
        (root / file).unlink()
    else:
        (root / file).write_text(text)
    found = examine()[name]
    assert (found.level, bool(found.remedy)) == (level, True)
    assert said in found.said


def test_the_clock_of_the_past_is_wrong(examine):
    found = examine(now=0.0)["clock"]
    assert found.level == WARN
    assert found.said == "1970-01-01 00:00 UTC, which is in the past"


def test_the_clock_is_trusted_where_the_nights_trust_it(examine, root):
    found = examine()["clock"]
    assert (found.level, found.said) == (OK, "2026-11-18 11:06 UTC, set by the network")
    assert wallclock.is_trusted(root)
    (root / CLOCK_SET).unlink()
    found = examine()["clock"]
    assert (found.level, bool(found.remedy)) == (WARN, True)
    assert not wallclock.is_trusted(root)


def test_weights_that_are_damaged(examine, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(b"PK")
    found = examine(service__weights=str(path))["weights"]
    assert found.level == FAIL
    assert found.said.startswith(f"{path}: ")


def test_weights_that_are_whole_and_do_not_read(examine, tmp_path):
    weights = tmp_path / "weights"
    weights.mkdir()
    modelfile.save(weights / "0001.npz", Network.from_spec("100-10"), {})
    (weights / "current").write_text("0001\n")
    found = examine()["weights"]
    assert found.level == WARN
    assert "has 28x28 inputs, not (100,)" in found.said
    (weights / "current").write_text("shipped\n")
    (weights / "0001.npz").rename(weights / "0001.npz.damaged")
    found = examine()["weights"]
    assert found.level == WARN
    assert found.said.endswith("; version 0001 did not read, and was set aside")
    assert found.remedy.endswith(f"rm {weights}/*.npz.damaged")


@pytest.mark.parametrize(("closed", "remedy"), [("", "usermod"), ("current", "sudo chmod 660")])
def test_weights_that_this_user_may_not_read(
    examine, tmp_path, monkeypatch, caplog, closed, remedy
):
    path = tmp_path / "weights" / closed
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "current").write_text("0001\n")
    access = os.access
    monkeypatch.setattr(os, "access", lambda asked, mode: asked != path and access(asked, mode))
    found = examine()["weights"]
    assert (found.level, found.said) == (WARN, "not known")
    assert found.remedy.startswith(f"{path}: you may not")
    assert remedy in found.remedy
    assert caplog.text == ""


def test_a_disk_that_is_full(examine, monkeypatch):
    usage = SimpleNamespace(free=5_000_000)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert examine()["disk"].level == FAIL
    usage.free = 100_000_000
    assert examine()["disk"].level == WARN


def test_a_running_service(examine, tmp_path):
    samples = {"waiting": 0, "why": None}
    status = {"running_since": "2026-11-23T20:00:00+00:00", "frames": 12345}
    status["samples"] = samples
    verbs = {"status": lambda request: status | {"camera": {"trouble": trouble}}}
    server = ControlServer(tmp_path / "control", verbs).start()
    try:
        trouble = None
        found = examine()["service"]
        assert (found.level, found.said) == (
            OK, "running since 2026-11-23 20:00, 12,345 frames"
        )  # fmt: skip
        samples |= {"waiting": 2, "why": "the card is full"}
        found = examine()["service"]
        assert (found.level, found.said) == (
            WARN, "running since 2026-11-23 20:00; labels not yet on the card: 2"
        )  # fmt: skip
        assert found.remedy.startswith("the card is full; ")
        trouble = "no camera"
        found = examine()["service"]
        assert (found.level, found.remedy) == (FAIL, "no camera")
    finally:
        server.close()
