"""What the testbed makes of settings and of the journal; without a machine."""

from __future__ import annotations

import json
import tomllib
from types import SimpleNamespace

import pytest

from tools.emulator import testbed
from tools.emulator.testbed import Failed, Testbed


class Pi:
    """Answers commands by what is in them."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []
        self.files = {}

    def shell(self, command, timeout_s=120.0, *, check=True):
        self.asked.append(command)
        for part, text in self.answers.items():
            if part in command:
                return SimpleNamespace(text=text, code=0)
        return SimpleNamespace(text="", code=0)

    def put(self, data, path):
        self.files[path] = data

    def levels(self):
        return 0


@pytest.fixture
def make_testbed():
    def make(**answers):
        made = object.__new__(Testbed)
        made.pi = Pi(answers)
        made.quick, made._prepared = True, False
        made.sleep = lambda seconds: None
        return made

    return make


def test_settings_are_written_as_toml():
    settings = {"a": {"text": 'with "quotes"', "number": 2.5, "yes": True, "list": ["x"]}}
    assert tomllib.loads(testbed.toml(settings)) == settings


def test_changes_add_to_settings_and_win():
    both = testbed.merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": {"z": 4}})
    assert both == {"a": {"x": 1, "y": 3}, "b": {"z": 4}}


def test_the_journal_is_of_the_unit_and_without_other_lines(make_testbed):
    entry = {"MESSAGE": "shown", "_SYSTEMD_UNIT": "zerodigit.service"}
    other = {"MESSAGE": "Started", "_SYSTEMD_UNIT": "init.scope"}
    said = f"{json.dumps(entry)}\n-- nothing --\n{json.dumps(other)}\n"
    made = make_testbed(**{"journalctl": said})
    assert made.journal("c") == [entry, other]
    assert made.messages("c") == ["shown"]


def test_the_journal_is_not_filtered_by_journalctl(make_testbed):
    # It leaves out the first entry after a cursor that is of another unit.
    made = make_testbed(journalctl="")
    made.journal("c")
    assert " -u " not in made.pi.asked[0]


def test_the_cursor_is_read(make_testbed):
    assert make_testbed(journalctl="-- cursor: s=1;i=2\n").cursor() == "s=1;i=2"


def test_the_service_is_restarted_only_where_a_check_left_it_otherwise(make_testbed):
    made = make_testbed(ActiveState="active\n")
    restarts = []
    made.restart = lambda: restarts.append(1)
    made.prepare()
    made.prepare()
    assert len(restarts) == 1
    made.override("WatchdogSec=20")
    made.prepare()
    made.spoilt()
    made.prepare()
    assert len(restarts) == 3


def test_no_check_reads_by_the_labels_of_another(make_testbed):
    for found, deleted in (("1\n", 1), ("", 0), ("Error: no such table: samples\n", 0)):
        made = make_testbed(**{"SELECT 1": found, "ActiveState": "active\n"})
        made.prepare()
        asked = [each for each in made.pi.asked if "samples delete --all --yes" in each]
        assert len(asked) == deleted


def test_a_service_that_is_not_active_is_restarted(make_testbed):
    made = make_testbed(ActiveState="failed\n")
    restarts = []
    made.restart = lambda: restarts.append(1)
    made.prepare()
    made.prepare()
    assert len(restarts) == 2


def test_what_does_not_come_is_told(make_testbed):
    with pytest.raises(Failed, match="it stays dark after 0 s"):
        make_testbed().wait(lambda: False, "it stays dark", 0.0, 0.0)


def test_expectations():
    testbed.expect(True, "fine")
    with pytest.raises(Failed, match="not so"):
        testbed.expect([], "not so")
