from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from pi import config
from pi.cli import main
from pi.diagnostics import doctor, doctor_hardware, packages
from pi.diagnostics.finding import FAIL, OK, WARN
from pi.system import wallclock

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


def test_whatever_is_not_well_has_a_remedy(examine):
    broken = Modules(**{name: ImportError("gone") for name in Modules().modules})
    for each in examine(broken, now=0.0).values():
        assert each.level == OK or each.remedy, each


@pytest.mark.parametrize(
    ("modules", "name", "level", "said"),
    [
        ({"lgpio": ImportError("No module named lgpio")}, "lgpio", FAIL, "cannot be loaded"),
        ({"lgpio": ImportError("No module named lgpio")}, "pins", FAIL, "cannot be asked"),
        ({"picamera2": ValueError("dtype size changed")}, "picamera2", FAIL, "size changed"),
        ({"picamera2": ValueError("numpy.dtype size changed")}, "camera", FAIL, "looked for"),
        (
            {"gpiozero": SimpleNamespace(__version__="1.6.2", __file__="")},
            "gpiozero",
            FAIL,
            "1.6.2",
        ),
        (
            {"picamera2": SimpleNamespace(
                __version__="0.3.12", __file__="",
                Picamera2=SimpleNamespace(global_camera_info=lambda: []))},
            "picamera2", FAIL, "0.3.12",
        ),
        (
            {"picamera2": SimpleNamespace(
                __version__="0.3.20", __file__="",
                Picamera2=SimpleNamespace(global_camera_info=lambda: []))},
            "camera", FAIL, "0 found, and number 0 is wanted",
        ),
    ],
)  # fmt: skip
def test_software_and_camera(examine, modules, name, level, said):
    found = examine(Modules(**modules))[name]
    assert found.level == level
    assert said in found.said
    assert found.remedy


def test_pins_that_somebody_has(examine):
    modules = Modules()
    modules.modules["lgpio"].gpio_get_line_info = lambda handle, pin: (
        [0, pin, 1, "GPIO13", "spi0 CS0"] if pin == 13 else [0, pin, 0, "", ""]
    )
    found = examine(modules)["pins"]
    assert found.level == FAIL
    assert found.said == "in use: GPIO13 (pin 33) of segment d by spi0 CS0"


def test_pins_that_the_service_has():
    modules = Modules()
    modules.modules["lgpio"].gpio_get_line_info = lambda handle, pin: [0, pin, 1, "", "lg"]
    (_, found) = doctor_hardware.pins_and_factory(config.load(), modules, running=True)
    assert (found.level, found.said) == (OK, "11 wanted, in use by the service")


@pytest.mark.parametrize(
    ("file", "text", "name", "level", "said"),
    [
        ("proc/device-tree/model", None, "board", WARN, "not a Raspberry Pi"),
        ("proc/self/maps", "/usr/lib/libblas.so.3", "BLAS", WARN, "the reference BLAS: slow"),
        ("proc/self/maps", "nothing", "BLAS", WARN, "none that is known"),
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


CLOCK_SET = "run/systemd/timesync/synchronized"


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


def test_groups(monkeypatch, root):
    numbers = {"video": 44, "gpio": 997, "zerodigit": 998}
    monkeypatch.setattr(doctor_hardware, "_number", numbers.get)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [44, 1000])
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    found = doctor_hardware.groups(config.load())
    assert (found.level, found.said) == (FAIL, "this user is not in gpio, zerodigit")
    assert "usermod -aG gpio,zerodigit $USER" in found.remedy
    monkeypatch.setattr(os, "getgroups", lambda: [44, 997, 998])
    assert doctor_hardware.groups(config.load()).level == OK
    del numbers["zerodigit"]
    assert doctor_hardware.groups(config.load()).level == WARN
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert doctor_hardware.groups(config.load()).level == OK


@pytest.mark.parametrize(
    ("camera", "level"), [("scene", WARN), ("files", WARN), ("missing", FAIL)]
)
def test_cameras_of_a_workstation(examine, tmp_path, camera, level):
    overrides = {"camera__type": camera}
    if camera != "scene":
        path = tmp_path if camera == "files" else tmp_path / "none"
        overrides = {"camera__type": "files", "camera__path": str(path)}
    assert examine(**overrides)["camera"].level == level


def test_a_running_service(examine, tmp_path):
    from pi.control.server import ControlServer

    status = {"running_since": "2026-11-23T20:00:00+00:00", "frames": 12345}
    verbs = {"status": lambda request: status | {"camera": {"trouble": trouble}}}
    server = ControlServer(tmp_path / "control", verbs).start()
    try:
        trouble = None
        found = examine()["service"]
        assert (found.level, found.said) == (
            OK, "running since 2026-11-23 20:00, 12,345 frames"
        )  # fmt: skip
        trouble = "no camera"
        found = examine()["service"]
        assert (found.level, found.remedy) == (FAIL, "no camera")
    finally:
        server.close()


def test_the_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    flags = ["--set", "camera.type=scene", "--set", f"samples.folder={tmp_path}"]
    code = main(["doctor", *flags])
    lines = capsys.readouterr().out.splitlines()
    levels = [line.split()[0] for line in lines[:-1] if not line.lstrip().startswith("->")]
    assert set(levels) <= {OK, WARN, FAIL}
    expected = ", ".join(f"{levels.count(level)} {level}" for level in (OK, WARN, FAIL))
    assert lines[-1] == expected
    assert code == (1 if FAIL in levels else 0)

    assert main(["doctor", "--json", *flags]) == code
    found = json.loads(capsys.readouterr().out)
    assert [each["level"] for each in found] == levels
    assert set(found[0]) == {"name", "level", "said", "remedy"}


def test_lgpio_makes_its_pipe_elsewhere(examine, monkeypatch):
    monkeypatch.delenv("LG_WD", raising=False)
    seen = []
    modules = Modules()
    load = modules.__call__

    def look(name):
        seen.append(os.environ.get("LG_WD", ""))
        return load(name)

    examine(look)
    assert all(os.path.isdir(each) for each in seen)
    monkeypatch.delenv("LG_WD")
