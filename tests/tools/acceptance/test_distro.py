"""The unit tests in another Debian: with which packages, and what their end means."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tools.acceptance import distro


class FakeChroot:
    def __init__(self, code):
        self.code = code
        self.commands = []

    @contextmanager
    def with_checkout(self, parts):
        self.parts = parts
        yield "/srv/checkout"

    def run(self, command, *, environment):
        self.commands.append((command, environment))
        return SimpleNamespace(returncode=self.code)


@pytest.mark.parametrize(("code", "result"), [(0, 0), (1, 1), (2, 1), (-9, 1)])
def test_they_pass_or_fail_as_pytest_ends(monkeypatch, code, result):
    made = FakeChroot(code)
    monkeypatch.setattr(distro.chroot, "get", lambda *arguments, **options: made)
    assert distro.run("trixie", ["tests/pi", "-x"], print) == result
    command, environment = made.commands[-1]
    assert command[-3:] == ["/srv/checkout", "tests/pi", "-x"]
    assert environment["PYTHONPATH"] == "/srv/checkout"
    assert "tests" in made.parts


@pytest.mark.parametrize("suite", distro.SUITES)
def test_gpiozero_is_the_one_that_raspberry_pi_os_has(monkeypatch, suite):
    asked = []

    def get(name, packages, say, **options):
        asked.append((name, packages, options))
        return FakeChroot(0)

    monkeypatch.setattr(distro.chroot, "get", get)
    distro.run(suite, [], print)
    ((name, packages, options),) = asked
    assert name == suite
    assert "python3-gpiozero" not in packages
    assert options["finish"] is distro.finish
    assert b"gpiozero" in options["recipe"]


def test_a_wheel_is_unpacked_where_python_looks(tmp_path, monkeypatch):
    def download(packages, folder, log, *options):
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / "gpiozero-2.0.1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("gpiozero/__init__.py", "")

    monkeypatch.setattr(distro.host, "download", download)
    distro.finish(tmp_path, tmp_path / "log")
    assert (tmp_path / "usr/lib/python3/dist-packages/gpiozero/__init__.py").is_file()
