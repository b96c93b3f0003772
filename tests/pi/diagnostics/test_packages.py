"""Packages that a Pi has from its system: their oldest versions, and what is said of them.

tests/tools/test_install.py has what tools/install makes of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pi.diagnostics import packages


def test_oldest_versions_are_those_of_the_project():
    least = packages.oldest_versions()
    assert least["python"] == (3, 11)
    assert least["numpy"] == (1, 24)
    assert set(least) == {"python", "picamera2", *packages.NEEDED}


def test_oldest_versions_without_a_checkout(monkeypatch):
    needs = ["numpy>=1.24", 'picamera2>=0.3.20; extra == "pi"', "other"]
    monkeypatch.setattr(packages.metadata, "requires", lambda name: needs)
    monkeypatch.setattr(
        packages.metadata, "metadata", lambda name: {"Requires-Python": ">=3.11"}
    )
    found = packages.oldest_versions(Path("not there"))
    assert found == {"numpy": (1, 24), "picamera2": (0, 3, 20), "python": (3, 11)}


@pytest.mark.parametrize(
    ("version", "old"),
    [("1.23.5", True), ("1.24", False), ("1.24.0rc1", False), ("2.1.3", False), ("", False)],
)
def test_old_is_what_comes_before(version, old):
    assert packages.is_old(version, (1, 24)) == old


@pytest.mark.parametrize(
    ("gpiozero", "pillow", "code"),
    [("2.0.1", "9.4.0", 0), ("1.6.2", "9.4.0", 3), ("1.6.2", "9.3.0", 1)],
)
def test_exit_code(monkeypatch, capsys, gpiozero, pillow, code):
    monkeypatch.setitem(sys.modules, "gpiozero", SimpleNamespace(__version__=gpiozero))
    monkeypatch.setitem(sys.modules, "PIL.Image", SimpleNamespace(__version__=pillow))
    assert packages.main(["pillow", "gpiozero"]) == code
    assert f"    gpiozero {gpiozero}" in capsys.readouterr().out


def test_module_that_does_not_load_is_missing(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "lgpio", None)
    assert packages.main(["lgpio"]) == packages.MISSING
    assert "sudo apt install python3-lgpio\n" in capsys.readouterr().out
