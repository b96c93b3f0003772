"""The doctor on hardware: camera, pins and groups, none of which it takes from anybody."""

from __future__ import annotations

import os
from functools import partial
from types import SimpleNamespace

import pytest

from pi import config
from pi.diagnostics import doctor_hardware
from pi.diagnostics.finding import FAIL, OK, WARN


@pytest.mark.parametrize(
    ("given", "name", "said"),
    [
        ({"lgpio": ImportError("No module named lgpio")}, "pins", "cannot be asked"),
        ({"picamera2": ValueError("numpy.dtype size changed")}, "camera", "looked for"),
        (
            {"picamera2": SimpleNamespace(
                __version__="0.3.20", __file__="",
                Picamera2=SimpleNamespace(global_camera_info=lambda: []))},
            "camera", "0 found, and number 0 is wanted",
        ),
    ],
)  # fmt: skip
def test_hardware_that_is_not_there(examine, modules, given, name, said):
    found = examine(modules(**given))[name]
    assert found.level == FAIL
    assert said in found.said
    assert found.remedy


def test_pins_that_somebody_has(examine, modules):
    given = modules()
    given.modules["lgpio"].gpio_get_line_info = lambda handle, pin: (
        [0, pin, 1, "GPIO13", "spi0 CS0"] if pin == 13 else [0, pin, 0, "", ""]
    )
    found = examine(given)["pins"]
    assert found.level == FAIL
    assert found.said == "in use: GPIO13 (pin 33) of segment d by spi0 CS0"


def test_pins_that_the_service_has(modules):
    given = modules()
    given.modules["lgpio"].gpio_get_line_info = lambda handle, pin: [0, pin, 1, "", "lg"]
    (_, found) = doctor_hardware.pins_and_factory(config.load(), given, running=True)
    assert (found.level, found.said) == (OK, "11 wanted, in use by the service")


def test_groups(monkeypatch):
    numbers = {"video": 44, "gpio": 997, "zerodigit": 998}
    groups = partial(doctor_hardware.groups, config.load(), numbers.get)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [44, 1000])
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    found = groups()
    assert (found.level, found.said) == (FAIL, "this user is not in gpio, zerodigit")
    assert "usermod -aG gpio,zerodigit $USER" in found.remedy
    monkeypatch.setattr(os, "getgroups", lambda: [44, 997, 998])
    assert groups().level == OK
    del numbers["zerodigit"]
    assert groups().level == WARN
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert groups().level == OK


@pytest.mark.parametrize(
    ("camera", "level"), [("scene", WARN), ("files", WARN), ("missing", FAIL)]
)
def test_cameras_of_a_workstation(examine, tmp_path, camera, level):
    overrides = {"camera__type": camera}
    if camera != "scene":
        path = tmp_path if camera == "files" else tmp_path / "none"
        overrides = {"camera__type": "files", "camera__path": str(path)}
    assert examine(**overrides)["camera"].level == level


def test_lgpio_makes_its_pipe_elsewhere(examine, modules, monkeypatch):
    monkeypatch.delenv("LG_WD", raising=False)
    seen = []
    load = modules()

    def look(name):
        seen.append(os.environ.get("LG_WD", ""))
        return load(name)

    examine(look)
    assert all(os.path.isdir(each) for each in seen)
    monkeypatch.delenv("LG_WD")
