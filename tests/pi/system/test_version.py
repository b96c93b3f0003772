"""The version of the program, installed or not."""

from __future__ import annotations

import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from pi.system.version import STAMP, commit, version, version_and_commit

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_it_is_that_of_the_checkout_where_nothing_is_installed(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    assert version()[0].isdigit()
    monkeypatch.setattr(metadata, "version", missing)
    assert version() == tomllib.loads(PROJECT.read_text())["project"]["version"]


def test_the_commit_of_a_checkout_is_that_of_git(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert commit(tmp_path) is None
    (tmp_path / "file").touch()
    subprocess.run([*git, "add", "file"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout
    assert commit(tmp_path) == head[:12]
    assert version_and_commit(tmp_path) == f"{version()} (commit {head[:12]})"
    (tmp_path / "file").write_text("changed")
    assert commit(tmp_path) == f"{head[:12]}-dirty"


def test_the_commit_of_an_installed_release_is_that_of_its_stamp(tmp_path):
    (tmp_path / STAMP).write_text("0123456789ab\n")
    assert commit(tmp_path) == "0123456789ab"


@pytest.mark.parametrize("stamp", [None, b"", b"\xff", b"\x1b[2J", b"0123456789ab or so"])
def test_where_no_commit_is_known_the_version_stands_alone(tmp_path, stamp):
    if stamp is not None:
        (tmp_path / STAMP).write_bytes(stamp)
    assert version_and_commit(tmp_path) == version()
