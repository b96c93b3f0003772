"""The version of the program, installed or not."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from pi.system.version import version

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_it_is_that_of_the_checkout_where_nothing_is_installed(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    assert version()[0].isdigit()
    monkeypatch.setattr(metadata, "version", missing)
    assert version() == tomllib.loads(PROJECT.read_text())["project"]["version"]
