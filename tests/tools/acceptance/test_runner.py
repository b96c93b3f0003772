"""Checks are counted, a failure leaves a journal, and nothing is made without an install."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from tools.acceptance import report, runner
from tools.acceptance.checks.catalogue import Check
from tools.emulator.machine.console import ConsoleError
from tools.emulator.testbed import Failed, Skip


class FakePi:
    def __init__(self, folder):
        self.folder = folder
        self.disk = folder / "card.img"
        self.disk.touch()
        self.boot_s = 24.0
        self.cuts = self.woken = 0

    def shell(self, command, timeout_s=120.0, *, check=True):
        return SimpleNamespace(text="journal of then", code=0)

    def cut_power(self):
        self.cuts += 1


class FakeTestbed:
    last: FakeTestbed

    def __init__(self, image, folder, *, quick):
        self.pi = FakePi(folder)
        self.prepared = self.spoilt_times = 0
        FakeTestbed.last = self

    def start(self):
        pass

    def prepare(self):
        self.prepared += 1

    def spoilt(self):
        self.spoilt_times += 1


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(*made, install=lambda testbed: "installed"):
        first = Check("install from nothing", install)
        monkeypatch.setattr(runner, "Testbed", FakeTestbed)
        monkeypatch.setattr(runner, "INSTALL", first)
        stream = io.StringIO()
        told = report.Report(stream)
        runner.run(None, [first, *made], tmp_path, told, quick=True)
        code = told.close()
        return code, stream.getvalue().splitlines()

    return run


def raises(error):
    def check(testbed):
        raise error

    return check


def test_all_is_well(run):
    code, lines = run(Check("a", lambda testbed: "seen"))
    assert code == 0
    assert lines[-1] == "2 passed, 0 failed, 0 skipped"
    assert lines[2].startswith("ok   a (0 s): seen")
    assert FakeTestbed.last.pi.cuts == 1
    assert not FakeTestbed.last.pi.disk.exists()


def test_a_failure_is_told_and_leaves_the_journal(run, tmp_path):
    code, lines = run(Check("a, b", raises(Failed("it is dark"))), Check("c", lambda b: ""))
    assert code == 1
    assert lines[-1] == "2 passed, 1 failed, 0 skipped"
    assert lines[2] == "FAIL a, b (0 s): it is dark"
    assert (tmp_path / "a-b.journal").read_text() == "journal of then"
    assert FakeTestbed.last.spoilt_times == 1


def test_an_error_of_the_check_itself_is_told_with_its_place(run):
    _, lines = run(Check("a", raises(KeyError("weights"))))
    assert any("Traceback" in line for line in lines)
    assert any("KeyError: 'weights'" in line for line in lines)


def test_a_skipped_check_fails_nothing(run):
    code, lines = run(Check("a", raises(Skip("no camera"))))
    assert code == 0
    assert lines[-1] == "1 passed, 0 failed, 1 skipped"


def test_without_an_install_nothing_is_made_and_all_has_failed(run):
    made = Check("a", raises(AssertionError("made")))
    code, lines = run(made, install=raises(ConsoleError("no answer")))
    assert code == 1
    assert lines[-2:] == ["nothing else can be checked", "0 passed, 2 failed, 0 skipped"]


def test_a_check_that_wants_it_as_it_is_is_not_prepared(run):
    run(Check("a", lambda testbed: "", as_it_is=True), Check("b", lambda testbed: ""))
    assert FakeTestbed.last.prepared == 1


def test_nothing_checked_is_no_success():
    assert report.Report(io.StringIO()).close() == 1
