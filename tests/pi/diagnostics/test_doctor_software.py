"""The doctor on software: packages that are absent, broken or too old, and the BLAS."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pi.diagnostics.finding import FAIL, WARN


@pytest.mark.parametrize(
    ("given", "name", "level", "said"),
    [
        ({"lgpio": ImportError("No module named lgpio")}, "lgpio", FAIL, "cannot be loaded"),
        ({"picamera2": ValueError("dtype size changed")}, "picamera2", FAIL, "size changed"),
        (
            {"gpiozero": SimpleNamespace(__version__="1.6.2", __file__="")},
            "gpiozero", FAIL, "1.6.2",
        ),
        (
            {"picamera2": SimpleNamespace(
                __version__="0.3.12", __file__="",
                Picamera2=SimpleNamespace(global_camera_info=lambda: []))},
            "picamera2", FAIL, "0.3.12",
        ),
    ],
)  # fmt: skip
def test_packages(examine, modules, given, name, level, said):
    found = examine(modules(**given))[name]
    assert found.level == level
    assert said in found.said
    assert found.remedy


def test_what_is_installed_is_not_to_be_installed(examine, modules):
    given = {"picamera2": ImportError("undefined symbol: _ZN"), "lgpio": Exception("no pipe")}
    for name in ("picamera2", "camera", "lgpio", "pins"):
        found = examine(modules(**given))[name]
        assert found.level == FAIL
        assert "apt install" not in found.remedy
        assert "full-upgrade" in found.remedy


@pytest.mark.parametrize("name", ["lgpio", "libcamera", "picamera2"])
def test_off_a_pi_the_hardware_packages_are_a_warning(examine, modules, root, name):
    (root / "proc/device-tree/model").unlink()
    assert (
        examine(modules(**{name: ModuleNotFoundError("gone", name=name)}))[name].level == WARN
    )


@pytest.mark.parametrize(
    ("maps", "said"),
    [("/usr/lib/libblas.so.3", "the reference BLAS: slow"), ("nothing", "none that is known")],
)
def test_blas(examine, root, maps, said):
    (root / "proc/self/maps").write_text(maps)
    found = examine()["BLAS"]
    assert (found.level, bool(found.remedy)) == (WARN, True)
    assert said in found.said
