"""A Raspberry Pi for the doctor: its /proc and /sys, and what can be imported on it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pi import config
from pi.diagnostics import doctor, packages

PI = "Raspberry Pi Zero W Rev 1.1\0"
NOW = 1_795_000_000.0  # 2026-11-18


class Modules:
    """What can be imported, by name; an exception is raised instead."""

    def __init__(self, **modules):
        free = SimpleNamespace(
            __file__="/usr/lib/python3/dist-packages/lgpio.py",
            gpiochip_open=lambda chip: 5,
            gpiochip_close=lambda handle: None,
            gpio_get_line_info=lambda handle, pin: [0, pin, 0, "GPIO", ""],
        )
        camera = SimpleNamespace(global_camera_info=lambda: [{"Model": "imx219"}])
        apt = {"__file__": "/usr/lib/python3/dist-packages/x.py", "__version__": "9.9.9"}
        self.modules = {
            "numpy": SimpleNamespace(**apt),
            "PIL": SimpleNamespace(**apt),
            "gpiozero": SimpleNamespace(**apt),
            "lgpio": free,
            "libcamera": SimpleNamespace(**apt),
            "picamera2": SimpleNamespace(Picamera2=camera, **apt),
        } | modules

    def __call__(self, name):
        found = self.modules[name]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def modules():
    """A function that gives the modules of a Pi in order, some of them replaced."""
    return Modules


@pytest.fixture
def root(tmp_path):
    """A Pi Zero in order, as its /proc and /sys show it."""
    files = {
        "proc/device-tree/model": PI,
        "proc/meminfo": "MemTotal: 440000 kB\nMemAvailable: 300000 kB\n"
        "CmaTotal: 65536 kB\nCmaFree: 50000 kB\n",
        "proc/self/maps": "b6f0-b6f1 r-xp 0 b3:02 1 /usr/lib/libopenblas.so.0\n",
        "sys/class/thermal/thermal_zone0/temp": "41000\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
        "run/systemd/timesync/synchronized": "",
    }
    root = tmp_path / "root"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def examine(root, tmp_path, monkeypatch):
    """A function that examines this machine; gives the findings by name."""
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr(packages.metadata, "version", _no_metadata)
    monkeypatch.setenv("LG_WD", str(tmp_path))

    def run(modules=None, now=NOW, **overrides):
        given = {name.replace("__", "."): value for name, value in overrides.items()}
        settings = config.load(overrides={"samples.folder": str(tmp_path)} | given)
        machine = doctor.Machine(
            root, {"ZERODIGIT_RUN": str(tmp_path)}, lambda: now, modules or Modules()
        )
        return {each.name: each for each in doctor.examine(settings, machine)}

    return run


def _no_metadata(name):
    raise packages.metadata.PackageNotFoundError(name)
